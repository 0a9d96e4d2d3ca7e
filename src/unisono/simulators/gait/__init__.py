"""Simulated gait: people who walk and run with exactly consistent forces.

>>> import numpy as np
>>> from unisono.simulators.gait import random_subject, simulate
>>> rng = np.random.default_rng(0)
>>> walk = simulate(random_subject(rng, name="s1"), speed=1.3, strides=2, rng=rng)
>>> sorted(walk.children)[:4]
['angles', 'angular_rates', 'emg', 'events']
"""

from unisono.simulators.gait.aims import STYLES
from unisono.simulators.gait.api import random_recordings, simulate
from unisono.simulators.gait.subject import Subject, random_subject

__all__ = ["STYLES", "Subject", "random_recordings", "random_subject", "simulate"]
