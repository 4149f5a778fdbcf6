"""Every rule of the platform as pure functions over plain data: no framework, no database, no clock, no chance."""
