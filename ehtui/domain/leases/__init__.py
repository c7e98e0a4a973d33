"""Is a lease alive, how often is it renewed, when does it lapse, and who can have it then."""
