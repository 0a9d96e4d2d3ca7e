"""Motion of any skeleton as features and back: rigs, kinematics, layouts, contacts."""
