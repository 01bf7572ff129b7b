"""Bringing masters back: agreed, asked for, watched, verified, expired."""
