"""ESP in user space: the engine, the devices it meets a host by, and ordinary interfaces."""
