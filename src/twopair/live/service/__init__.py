"""The services: a node as a program that is run for years, and those who attend to it."""
