"""Consumers' logs as people write them: following → cleaning → records → what a record tells."""
