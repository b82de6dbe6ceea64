"""What every test may ask for: databases, fake providers, running gateways."""

pytest_plugins = ["tests.databases", "tests.fakes.fixtures", "tests.gateways"]
