"""The trigger: the lake's bucket says that raw has something new, and the Glue job is started."""
