"""``python -m unisono`` is the ``unisono`` command."""

import sys

from unisono.cli.main import main

sys.exit(main())
