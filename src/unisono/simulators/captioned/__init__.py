"""A body that does what a sentence says: motion with captions, from parameters alone.

Contents (walk, run, turn, stop, wave, bow, jump, squat) are performed by the default body of 22
joints in a style, at a pace and of a size; feet stand where they stand, by inverse kinematics.
"""

from unisono.simulators.captioned.corpus import captioned_corpus, captioned_motion
from unisono.simulators.captioned.script import CONTENTS, Script, draw_script

__all__ = ["CONTENTS", "Script", "captioned_corpus", "captioned_motion", "draw_script"]
