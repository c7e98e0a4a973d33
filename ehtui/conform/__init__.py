"""What ehtui and its sandbox believe of the service, as checks that anybody can run."""
