"""Values as they were read: what a hub, a checkpoint store and the processes of a host say."""
