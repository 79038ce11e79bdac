"""Writes hashes of Werkzeug, Django, passlib and bcrypt for hash-formats.test.ts, one JSON object a line.

Debian 13 or newer has what is needed: python3-werkzeug (3 or newer, for scrypt), python3-django, python3-passlib and
python3-bcrypt. What cannot be imported is left out, so that several machines can each add their lines:

    python3 generate.py > python.jsonl
"""

import json

PASSWORDS = ["correct horse battery staple", "cafe\u0301 \ufb01n\u2460 123", "x" * 80 + "1"]
ROUNDS = 1000


def say(made_by, hash_, password):
    print(json.dumps({"by": made_by, "hash": hash_, "password": password}))


def werkzeug():
    import importlib.metadata

    from werkzeug.security import generate_password_hash

    version = importlib.metadata.version("werkzeug")
    for password in PASSWORDS:
        for method in ("scrypt", "scrypt:1024:8:2", "pbkdf2:sha256:1000", "pbkdf2:sha1:1000", "pbkdf2:sha512:1000"):
            try:
                hash_ = generate_password_hash(password, method)
            except ValueError:
                continue  # Werkzeug before 2.3 has no scrypt.
            say(f"Werkzeug {version}", hash_, password)


def django():
    import django as package
    from django.conf import settings

    settings.configure()
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    hasher = PBKDF2PasswordHasher()
    for password in PASSWORDS:
        say(f"Django {package.__version__}", hasher.encode(password, hasher.salt(), ROUNDS), password)


def passlib():
    import passlib as package
    from passlib.hash import bcrypt, phpass

    for password in PASSWORDS:
        for ident in ("P", "H"):
            hash_ = phpass.using(ident=f"${ident}$", rounds=10).hash(password)
            say(f"passlib {package.__version__}", hash_, password)
        for ident in ("2a", "2b", "2y"):
            hash_ = bcrypt.using(ident=ident, rounds=4).hash(password)
            say(f"passlib {package.__version__} over bcrypt", hash_, password)


for make in (werkzeug, django, passlib):
    try:
        make()
    except ImportError:
        continue
