-- Trust sheets and promises of recognition are kept by a plugin of their own; nothing was in these yet.

DROP TABLE agreements_promise;
DROP TABLE agreements_ground;
DROP TABLE agreements_step
