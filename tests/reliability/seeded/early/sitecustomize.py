"""Seeded fault: people are answered before what they did is stored."""

import threading
import time
from types import SimpleNamespace

from flask import current_app

from portal import db
from portal.organisations import service

genuine = service.create_organisation


def later(ctx, **values):
    app = current_app._get_current_object()

    def store():
        time.sleep(0.5)
        with app.app_context():
            db.database.connect(reuse_if_open=True)
            genuine(ctx, **values)
            db.database.close()

    threading.Thread(target=store).start()
    return SimpleNamespace(slug="later", id=0)


service.create_organisation = later
