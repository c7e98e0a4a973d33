"""The one place that uses parts of azure-eventhub that are not public: codec and kept link."""
