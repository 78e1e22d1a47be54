"""`python -m connector run | migrate | replay-dead-letters | rotate-keys`."""

from common import command
from connector.app import create_app
from connector.settings import ConnectorSettings, VaultSettings
from connector.tokens import rotation

ROTATE = command.Command(
    "rotate-keys", "bring all keys under the first of MASTER_KEYS, under traffic", VaultSettings, rotation.run
)

command.main("connector", "connector", ConnectorSettings, create_app, [ROTATE])
