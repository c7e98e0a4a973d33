"""What `make interop` runs and CI does not: it takes minutes, and packages of other people's."""

from tests.interop import is_whole

collect_ignore = [] if is_whole else ["test_python_versions.py", "test_amqp_peers.py"]
