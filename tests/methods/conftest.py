"""Makes the toys importable by the tests here and by the scripts that they start."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
