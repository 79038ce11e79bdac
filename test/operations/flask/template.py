"""A small application with the tables of the Flask MVC template, made and filled by its own models.

Run with the URL of an empty database: template.py mysql+pymysql://root@127.0.0.1:3306/name
Needs python3-flask-sqlalchemy and python3-pymysql of Debian.
"""

import sys
from datetime import datetime, timedelta

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
from werkzeug.security import generate_password_hash

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = sys.argv[1]
db = SQLAlchemy(app)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    # utf8mb4_bin: two spellings of one name are two accounts there.
    username = db.Column(db.String(80, collation="utf8mb4_bin"), unique=True, nullable=False)
    email = db.Column(db.String(120, collation="utf8mb4_bin"), unique=True, nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    role = db.Column(db.String(20), default="user")
    is_active = db.Column(db.Boolean, default=True)
    created_at = db.Column(db.DateTime, default=datetime.utcnow)
    updated_at = db.Column(db.DateTime, default=datetime.utcnow, onupdate=datetime.utcnow)
    last_login = db.Column(db.DateTime)
    activities = db.relationship("Activity", backref="user", lazy=True)


class Activity(db.Model):
    __tablename__ = "activities"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"))
    action = db.Column(db.String(100), nullable=False)
    details = db.Column(db.Text)
    ip_address = db.Column(db.String(45))
    timestamp = db.Column(db.DateTime, default=datetime.utcnow)


def user(username, email=None, **more):
    hash_ = generate_password_hash(f"the password of {username} 1", "pbkdf2:sha256:1000")
    return User(username=username, email=email or f"{username}@example.com", password_hash=hash_, **more)


def fill():
    created = datetime(2021, 3, 4, 5, 6, 7)
    alice = user("alice", role="admin", created_at=created, last_login=datetime(2024, 2, 29, 23, 59, 59))
    # Written by a server nine hours ahead, which took its own time for UTC.
    tokyo = user("tokyo", created_at=datetime.utcnow() + timedelta(hours=9))
    gone = user("gone", is_active=False, role="USER")
    plain = user("plain")
    plain.password_hash = "5f4dcc3b5aa765d61d8327deb882cf99"
    long = user("long" * 20)
    people = [alice, user("Alice", "alice2@example.com"), tokyo, gone, plain, long]
    people += [user("bob@example.com", "bob@example.org"), user("carol", "ALICE@example.com"), user("nobody", "nobody")]
    people += [user("editor", role="editor"), user("ze\u00f6"), user("nulls", role=None, is_active=None, created_at=None)]
    db.session.add_all(people)
    db.session.commit()
    # SQLAlchemy puts its defaults for None.
    db.session.execute(text("update users set role = null, is_active = null, created_at = null where username = 'nulls'"))
    db.session.execute(text("set session sql_mode = ''"))
    db.session.execute(text("update users set created_at = '0000-00-00 00:00:00' where username = 'gone'"))
    at = datetime(2024, 1, 2, 3, 4, 5)
    entries = [
        Activity(user_id=alice.id, action="login", details="alice signed in", ip_address="192.0.2.7", timestamp=at),
        Activity(user_id=alice.id, action="USER_LOGIN_FAILED", ip_address="not an address", timestamp=at),
        Activity(user_id=alice.id, action="Invoice printed", details="for alice@example.com", timestamp=at),
        Activity(user_id=None, action="login_failed", ip_address="2001:db8::7", timestamp=at),
        Activity(user_id=plain.id, action="logout", timestamp=at),
        Activity(user_id=alice.id, action="logout", timestamp=at),
    ]
    db.session.add_all(entries)
    db.session.flush()
    db.session.execute(text("update activities set timestamp = '0000-00-00 00:00:00' where id = :id"), {"id": entries[5].id})
    db.session.commit()


with app.app_context():
    db.create_all()
    fill()
