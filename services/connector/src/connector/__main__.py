"""`python -m connector run | migrate | replay-dead-letters`."""

from common import command
from connector.app import create_app
from connector.settings import ConnectorSettings

command.main("connector", "connector", ConnectorSettings, create_app)
