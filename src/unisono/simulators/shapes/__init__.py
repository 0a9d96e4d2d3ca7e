"""Random solids with known volume, as voxels and as views from any camera."""

from unisono.simulators.shapes.cameras import Camera, Image, render
from unisono.simulators.shapes.carving import carved
from unisono.simulators.shapes.dataset import SolidPairs, solid_pairs
from unisono.simulators.shapes.families import FAMILIES, Solid, random_solid
from unisono.simulators.shapes.voxels import voxelise

__all__ = [
    "FAMILIES",
    "Camera",
    "Image",
    "Solid",
    "SolidPairs",
    "carved",
    "random_solid",
    "render",
    "solid_pairs",
    "voxelise",
]
