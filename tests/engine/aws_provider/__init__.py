"""Pulumi's ``aws`` resource plugin, on the embedded AWS.

The engine starts it as it starts Amazon's own (``pulumi-resource-aws``) and speaks the same protocol
(``provider.proto``). What a resource *is* comes from the project's own provision functions; what only an
engine asks (names, replacements, deletions) is here, after pulumi-aws and terraform-provider-aws.
"""
