"""What is compared with what was seen, each check under the requirement it proves."""
