"""Who holds which partition: records joined over all spellings, owners, changes of hands."""
