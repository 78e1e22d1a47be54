"""`python -m importer run | migrate | replay-dead-letters | show`."""

from common import command
from importer.app import create_app
from importer.operating.commands import COMMANDS
from importer.settings import ImporterSettings

command.main("importer", "importer", ImporterSettings, create_app, COMMANDS)
