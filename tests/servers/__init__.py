"""Real servers for tests: started when first needed, gone when the test process is gone."""
