"""What runs the script of a visual Glue job on this machine: storage, catalogue, bookmarks, and the JVM.

`site/` is put on the job process's module path; it holds the modules that Glue itself provides there
(`awsglue`, `awsgluedq`, `gs_*`). They are thin; what they do is done by the modules of this package.
"""
