"""Writes a partner network of any size: invented, skewed like a real one, the same for each seed.

One generator feeds both sides: the portal's import files and the tables of the peer. Only
`random.Random.random()` is drawn from, whose stream is the same on every machine.
"""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, TypeVar

HEADINGS = (
    "name", "type", "country", "region", "city", "website", "identifiers", "languages", "fields",
    "roles", "description", "lat", "lon",
)  # fmt: skip
ROWS_A_FILE = 50_000  # an import file may have 50 MiB
QUERIES = 240
_TAIL = 4_000
_SENTENCES = 3_000

# Country: share, languages of its texts, towns.
COUNTRIES = {
    "DE": (13, "de", "Berlin Leipzig Hamburg München Köln Dresden Erfurt Bremen"),
    "IT": (12, "it", "Roma Milano Torino Napoli Bologna Palermo Verona Bari"),
    "ES": (11, "es", "Madrid Sevilla Valencia Bilbao Zaragoza Málaga Granada Vigo"),
    "FR": (10, "fr", "Paris Lyon Marseille Nantes Lille Toulouse Rennes Dijon"),
    "TR": (9, "tr", "Ankara İstanbul İzmir Bursa Antalya Konya Adana Trabzon"),
    "PL": (8, "pl", "Warszawa Kraków Łódź Wrocław Poznań Gdańsk Lublin Toruń"),
    "PT": (4, "pt", "Lisboa Porto Braga Coimbra Faro Évora"),
    "GR": (4, "el", "Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Λάρισα Βόλος"),
    "RO": (4, "ro", "București Cluj Iași Timișoara Brașov Sibiu"),
    "NL": (3, "nl", "Amsterdam Rotterdam Utrecht Eindhoven Groningen Breda"),
    "CZ": (3, "cs", "Praha Brno Ostrava Plzeň Olomouc Liberec"),
    "HU": (3, "hu", "Budapest Debrecen Szeged Pécs Győr Miskolc"),
    "BG": (3, "bg", "София Пловдив Варна Бургас Русе Плевен"),
    "FI": (2, "fi sv", "Helsinki Tampere Turku Oulu Lahti Kuopio"),
    "SE": (2, "sv", "Stockholm Göteborg Malmö Uppsala Lund Umeå"),
    "BE": (2, "nl fr", "Bruxelles Antwerpen Gent Liège Namur Leuven"),
    "AT": (2, "de", "Wien Graz Linz Salzburg Innsbruck Villach"),
    "GB": (2, "en", "London Cardiff Glasgow Belfast Leeds Exeter"),
    "LT": (2, "lt", "Vilnius Kaunas Klaipėda Šiauliai Panevėžys Alytus"),
    "LV": (2, "lv", "Rīga Liepāja Daugavpils Jelgava Ventspils Valmiera"),
    "IE": (1, "en", "Dublin Cork Galway Limerick Waterford Sligo"),
    "SK": (1, "cs", "Bratislava Košice Prešov Žilina Nitra Trnava"),
    "HR": (1, "en", "Zagreb Split Rijeka Osijek Zadar Pula"),
    "SI": (1, "en", "Ljubljana Maribor Celje Kranj Koper Velenje"),
    "DK": (1, "sv", "København Aarhus Odense Aalborg Esbjerg Randers"),
    "EE": (0.7, "fi", "Tallinn Tartu Narva Pärnu Viljandi Rakvere"),
    "CY": (0.6, "el", "Λευκωσία Λεμεσός Λάρνακα Πάφος"),
    "NO": (0.6, "sv", "Oslo Bergen Trondheim Stavanger Tromsø"),
    "MK": (0.5, "bg", "Скопје Битола Охрид Тетово"),
    "MT": (0.4, "en it", "Valletta Mosta Gozo Sliema"),
    "RS": (0.4, "en", "Beograd Novi-Sad Niš Subotica"),
    "IS": (0.3, "sv", "Reykjavík Akureyri Selfoss"),
    "LU": (0.2, "fr de", "Luxembourg Esch Differdange"),
    "LI": (0.1, "de", "Vaduz Schaan"),
}
# Type: share, and which word of its language the name begins with.
TYPES = {
    "vet-school": (38, 3), "company": (22, 10), "training-centre": (12, 2), "ngo": (8, 7),
    "public-body": (6, 11), "university": (5, 11), "chamber": (4, 10), "intermediary": (3, 12),
    "adult-education": (1.5, 6), "research": (0.5, 13),
}  # fmt: skip
FIELDS = (
    "041 071 061 101 091 073 072 092 104 081 021 011 031 023 052 102 053 083 082 042 022 103 054 "
    "051 032 084 003 001 002"
).split()
LANGUAGES = "en de fr es it pl tr pt nl el ro cs hu bg fi sv lt lv sk hr sl da et mt".split()
# Words of profiles in each language, frequent ones first.
WORDS = {
    "en": "the and training school mobility vocational students partner quality europe company education work project teachers exchange welding logistics nursing hospitality mechatronics agriculture electronics tourism recognition assessment",
    "de": "und die ausbildung schule mobilität berufliche lernende partner qualität europa betrieb bildung praktikum projekt lehrkräfte austausch schweißen logistik pflege gastgewerbe mechatronik landwirtschaft elektronik tourismus anerkennung werkstatt",
    "fr": "la et formation lycée mobilité professionnelle élèves partenaire qualité europe entreprise enseignement stage projet enseignants échange soudure logistique soins hôtellerie mécatronique agriculture électronique tourisme reconnaissance atelier",
    "es": "la y formación escuela movilidad profesional alumnos socio calidad europa empresa enseñanza prácticas proyecto docentes intercambio soldadura logística enfermería hostelería mecatrónica agricultura electrónica turismo reconocimiento taller",
    "it": "la e formazione scuola mobilità professionale studenti partner qualità europa impresa istruzione tirocinio progetto docenti scambio saldatura logistica assistenza ristorazione meccatronica agricoltura elettronica turismo riconoscimento laboratorio",
    "pl": "i w szkolenie szkoła mobilność zawodowa uczniowie partner jakość europa firma edukacja praktyka projekt nauczyciele wymiana spawanie logistyka opieka hotelarstwo mechatronika rolnictwo elektronika turystyka uznawanie warsztat",
    "tr": "ve bir eğitim okul hareketlilik mesleki öğrenciler ortak kalite avrupa şirket öğretim staj proje öğretmenler değişim kaynak lojistik bakım otelcilik mekatronik tarım elektronik turizm tanıma atölye",
    "pt": "a e formação escola mobilidade profissional alunos parceiro qualidade europa empresa ensino estágio projeto docentes intercâmbio soldadura logística cuidados hotelaria mecatrónica agricultura eletrónica turismo reconhecimento oficina",
    "nl": "de en opleiding school mobiliteit beroeps leerlingen partner kwaliteit europa bedrijf onderwijs stage project docenten uitwisseling lassen logistiek zorg horeca mechatronica landbouw elektronica toerisme erkenning werkplaats",
    "el": "και η κατάρτιση σχολή κινητικότητα επαγγελματική μαθητές εταίρος ποιότητα ευρώπη εταιρεία εκπαίδευση πρακτική έργο εκπαιδευτικοί ανταλλαγή συγκόλληση εφοδιαστική νοσηλευτική φιλοξενία μηχατρονική γεωργία ηλεκτρονική τουρισμός αναγνώριση εργαστήριο",
    "ro": "și la formare școală mobilitate profesională elevi partener calitate europa firmă educație stagiu proiect profesori schimb sudură logistică îngrijire hotelărie mecatronică agricultură electronică turism recunoaștere atelier",
    "cs": "a v výcvik škola mobilita odborná žáci partner kvalita evropa firma vzdělávání praxe projekt učitelé výměna svařování logistika péče hotelnictví mechatronika zemědělství elektronika turismus uznávání dílna",
    "hu": "és a képzés iskola mobilitás szakmai diákok partner minőség európa cég oktatás gyakorlat projekt tanárok csere hegesztés logisztika ápolás vendéglátás mechatronika mezőgazdaság elektronika turizmus elismerés műhely",
    "bg": "и на обучение училище мобилност професионално ученици партньор качество европа фирма образование практика проект учители обмен заваряване логистика грижи хотелиерство мехатроника земеделие електроника туризъм признаване работилница",
    "fi": "ja on koulutus koulu liikkuvuus ammatillinen opiskelijat kumppani laatu eurooppa yritys opetus harjoittelu hanke opettajat vaihto hitsaus logistiikka hoito matkailu mekatroniikka maatalous elektroniikka oppiminen tunnustaminen työpaja",
    "sv": "och en utbildning skola rörlighet yrkes elever partner kvalitet europa företag undervisning praktik projekt lärare utbyte svetsning logistik vård gästfrihet mekatronik jordbruk elektronik turism erkännande verkstad",
    "lt": "ir yra mokymas mokykla mobilumas profesinis mokiniai partneris kokybė europa įmonė švietimas praktika projektas mokytojai mainai suvirinimas logistika slauga svetingumas mechatronika žemdirbystė elektronika turizmas pripažinimas dirbtuvės",
    "lv": "un ir apmācība skola mobilitāte profesionālā audzēkņi partneris kvalitāte eiropa uzņēmums izglītība prakse projekts skolotāji apmaiņa metināšana loģistika aprūpe viesmīlība mehatronika lauksaimniecība elektronika tūrisms atzīšana darbnīca",
}  # fmt: skip
_SYLLABLES = {"el": "κα λο με ρι τα σο νε πα δι μου", "bg": "ка ло ме ри та со на па ди му"}
_LATIN = "ka lo me ri ta so ne pa di mu ber vin gor sel tan rud mar fen hol zi"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """An invented organisation; `scores` are what the peer's tables know of ratings."""

    id: int
    slug: str
    name: str
    description: str
    city: str
    country: str
    type: str
    language: str
    fields: list[str]
    languages: list[str]
    roles: list[str]
    scores: list[int]
    updated: int

    @property
    def quality(self) -> int:
        """The mean of the scores in thousandths, pulled to 3.6 with the weight of five."""
        return (sum(self.scores) * 1000 + 18_000) // (len(self.scores) + 5)

    @property
    def band(self) -> str:
        """What a facet of ratings would show."""
        if not self.scores:
            return "unrated"
        return "excellent" if self.quality >= 4_200 else "good" if self.quality >= 3_500 else "fair"


class Network:
    """The generator: `rows()` gives the organisations, `queries()` what people look for."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.size = size
        self.random = random.Random(seed).random
        self.words = {lang: text.split() for lang, text in WORDS.items()}
        self.tails = {lang: self._tail(lang) for lang in WORDS}
        self.sentences = {lang: self._sentences(lang) for lang in WORDS}

    def rows(self) -> Iterator[Row]:
        """Give the organisations, one after the other."""
        shares = {code: share for code, (share, _, _) in COUNTRIES.items()}
        kinds = {kind: share for kind, (share, _) in TYPES.items()}
        for number in range(1, self.size + 1):
            country = self._pick(list(shares), tuple(shares.values()))
            languages = COUNTRIES[country][1].split()
            language = languages[0 if self.random() < 0.75 else -1]
            towns = COUNTRIES[country][2].split()
            town = towns[int(self.random() ** 2 * len(towns))]
            kind = self._pick(list(kinds), tuple(kinds.values()))
            yield Row(
                id=number, slug=f"org-{number}", name=self._name(language, kind, town),
                description=self._description(language), city=town, country=country, type=kind,
                language=language, fields=self._fields(), languages=self._languages(language),
                roles=self._roles(), scores=self._scores(),
                updated=1_600_000_000 + int(self.random() * 150_000_000),
            )  # fmt: skip

    def queries(self, amount: int = QUERIES) -> list[tuple[str, dict[str, str]]]:
        """Give the workload: the kind of each query, and its parameters as the portal names them."""
        return list(_queries(self.tails, amount))

    def _pick(self, choices: Sequence[_T], shares: Sequence[float]) -> _T:
        steps = list(accumulate(shares))
        return choices[bisect(steps, self.random() * steps[-1])]

    def _tail(self, language: str) -> list[str]:
        parts = _SYLLABLES.get(language, _LATIN).split()
        return [
            "".join(parts[int(self.random() * len(parts))] for _ in range(self._between(3, 6)))
            for _ in range(_TAIL)
        ]

    def _between(self, least: int, below: int) -> int:
        return least + int(self.random() * (below - least))

    def _sentences(self, language: str) -> list[str]:
        words, tail = self.words[language], self.tails[language]
        steps = list(accumulate(1 / (place + 2) for place in range(len(words))))
        return [
            " ".join(
                words[bisect(steps, self.random() * steps[-1])]
                if self.random() < 0.82
                else tail[int(self.random() ** 3 * _TAIL)]
                for _ in range(self._between(6, 15))
            ).capitalize()
            + "."
            for _ in range(_SENTENCES)
        ]

    def _name(self, language: str, kind: str, town: str) -> str:
        first = self.words[language][TYPES[kind][1]].capitalize()
        own = self.tails[language][int(self.random() * _TAIL)].capitalize()
        number = f" {self._between(1, 100)}" if self.random() < 0.15 else ""
        return f"{first} {own} {town}{number}"

    def _description(self, language: str) -> str:
        amount = 2 + int(self.random() ** 2 * 7)
        chosen = [self._sentence(language) for _ in range(amount)]
        if language != "en" and self.random() < 0.6:  # most add a summary in English
            chosen += [self._sentence("en") for _ in range(self._between(1, 3))]
        return " ".join(chosen)

    def _sentence(self, language: str) -> str:
        return self.sentences[language][int(self.random() * _SENTENCES)]

    def _fields(self) -> list[str]:
        amount = 1 + int(self.random() ** 2.2 * 6)
        shares = [1 / (place + 1.5) for place in range(len(FIELDS))]
        found: set[str] = set()
        while len(found) < amount:
            found.add(self._pick(FIELDS, shares))
        return sorted(found)

    def _languages(self, own: str) -> list[str]:
        found = [own, *(["en"] if own != "en" and self.random() < 0.8 else [])]
        while self.random() < 0.25:
            other = LANGUAGES[int(self.random() ** 2 * len(LANGUAGES))]
            found += [] if other in found else [other]
        return found

    def _roles(self) -> list[str]:
        ways = (["host"], ["sending"], ["host", "sending"], ["supporting"])
        return self._pick([*ways, ["host", "sending", "supporting"]], (35, 25, 33, 3, 4))

    def _scores(self) -> list[int]:
        amount = 0 if self.random() < 0.55 else int(1 / (self.random() ** 0.8 + 0.003))
        middle = 2.2 + 2.7 * self.random() ** 0.5
        return [
            max(1, min(5, int(middle + 2 * self.random() - 0.5))) for _ in range(min(amount, 400))
        ]


def _queries(tails: dict[str, list[str]], amount: int) -> Iterator[tuple[str, dict[str, str]]]:
    draw = random.Random(7).random

    def one(of: Sequence[str]) -> str:
        return of[int(draw() * len(of))]

    common = (
        "school training mobility formazione schule ausbildung formación europe partner".split()
    )
    medium = "welding nursing logistik hostelería mecatrónica szkoła σχολή mehatronika öğrenciler landbouw".split()
    rare = [
        tails[lang][int((0.6 + 0.4 * draw()) * _TAIL)] for lang in "en de fr el bg pl lv it".split()
    ]
    second = "welding nursing tourism logistics quality".split()
    starts = "mecha logis form ausb agri szko turis".split()
    shares = {
        "browse": 12, "common": 18, "medium": 16, "rare": 10, "two words": 14, "prefix": 8,
        "word and facet": 12, "facets": 7, "deep page": 3,
    }  # fmt: skip
    steps = list(accumulate(shares.values()))
    for _ in range(amount):
        kind = list(shares)[bisect(steps, draw() * steps[-1])]
        yield kind, {
            "browse": lambda: {},
            "common": lambda: {"q": one(common)},
            "medium": lambda: {"q": one(medium)},
            "rare": lambda: {"q": one(rare)},
            "two words": lambda: {"q": f"{one([*common[:3], *common[7:]])} {one(second)}"},
            "prefix": lambda: {"q": f"{one(starts)}*"},
            "word and facet": lambda: {
                "q": one(common), "country": one("DE IT ES FR PL".split()), "field": one(FIELDS[:8]),
            },
            "facets": lambda: {
                "country": one("DE IT TR PT LV".split()), "role": "host", "language": "en",
            },
            "deep page": lambda: {"q": one(common[:3]), "page": "20"},
        }[kind]()  # fmt: skip


def write_import_files(network: Network, folder: Path) -> list[Path]:
    """Write the portal's import files, as many as its limit asks for."""
    rows = network.rows()
    written: list[Path] = []
    while part := list(islice(rows, ROWS_A_FILE)):
        path = folder / f"organisations-{len(written) + 1}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(import_row(row) for row in part)
        written.append(path)
    return written


def import_row(row: Row) -> tuple[str, ...]:
    """Give the cells of an organisation in the portal's import format."""
    return (
        row.name, row.type, row.country, "", row.city, f"https://{row.slug}.example",
        f"bench:{row.id}", ";".join(row.languages), ";".join(row.fields), ";".join(row.roles),
        row.description, "", "",
    )  # fmt: skip


def write_peer_tables(network: Network, path: Path) -> None:
    """Write the rows as Datasette wants them: lists as JSON, full text beside, indexes on facets."""
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE org (id INTEGER PRIMARY KEY, slug TEXT, name TEXT, description TEXT, "
        "city TEXT, country TEXT, type TEXT, lang TEXT, fields TEXT, languages TEXT, roles TEXT, "
        "ratings INTEGER, quality INTEGER, band TEXT, updated INTEGER)"
    )
    database.executemany(
        f"INSERT INTO org VALUES ({', '.join('?' * 15)})", map(_peer_row, network.rows())
    )
    finish_peer_tables(database)
    database.close()


def finish_peer_tables(database: sqlite3.Connection) -> None:
    """Add the full text and the indexes."""
    # Datasette finds the table only when its name stands in double quotes.
    database.execute(
        'CREATE VIRTUAL TABLE org_fts USING fts5(name, description, city, content="org")'
    )
    database.execute("INSERT INTO org_fts (org_fts) VALUES ('rebuild')")
    for column in ("country", "type", "band", "quality"):
        database.execute(f"CREATE INDEX org_{column} ON org ({column})")
    database.execute("ANALYZE")
    database.commit()


def _peer_row(row: Row) -> tuple[Any, ...]:
    return (
        row.id, row.slug, row.name, row.description, row.city, row.country, row.type, row.language,
        json.dumps(row.fields), json.dumps(row.languages), json.dumps(row.roles), len(row.scores),
        row.quality, row.band, row.updated,
    )  # fmt: skip
