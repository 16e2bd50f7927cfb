"""The stream's own small network: one public subnet, nothing comes in, only HTTPS goes out."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import Context

_RANGE = "10.20.0.0/28"  # the smallest that a VPC may have; the stream is one task
_HTTPS = 443
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamNetworkArgs:
    """Nothing to choose but where."""

    context: Context


class StreamNetwork(pulumi.ComponentResource):
    """VPC, subnet, way out, security group.

    A public address costs a tenth of a NAT gateway. The security group has no inbound rule, so the address
    answers nobody. DNS, time and the task's credentials are the VPC's own and need no rule.
    """

    subnet_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: StreamNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:StreamNetwork", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = {"Name": args.context.name(name)}
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=_RANGE,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=tags,
            opts=child,
        )
        # Every VPC comes with a group that lets its members talk; without rules nobody can use it by mistake.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-unused", vpc_id=vpc.id, ingress=[], egress=[], tags=tags, opts=child
        )
        gateway = aws.ec2.InternetGateway(f"{name}-gateway", vpc_id=vpc.id, tags=tags, opts=child)
        routes = aws.ec2.RouteTable(f"{name}-routes", vpc_id=vpc.id, tags=tags, opts=child)
        way_out = aws.ec2.Route(
            f"{name}-out",
            route_table_id=routes.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
            opts=child,
        )
        subnet = aws.ec2.Subnet(
            f"{name}-subnet",
            vpc_id=vpc.id,
            cidr_block=_RANGE,
            map_public_ip_on_launch=False,
            tags=tags,
            opts=child,
        )
        association = aws.ec2.RouteTableAssociation(
            f"{name}-association", subnet_id=subnet.id, route_table_id=routes.id, opts=child
        )
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description="Producer of the stream: HTTPS out, nothing in.",
            vpc_id=vpc.id,
            ingress=[],
            egress=[
                {
                    "protocol": "tcp",
                    "from_port": _HTTPS,
                    "to_port": _HTTPS,
                    "cidr_blocks": [_ANYWHERE],
                    "description": "Exchanges and AWS, both over TLS.",
                }
            ],
            tags=tags,
            opts=child,
        )
        # A task that starts before the subnet has its way out can't pull its image.
        self.subnet_id = pulumi.Output.all(subnet.id, association.id, way_out.id).apply(
            lambda ids: str(ids[0])
        )
        self.security_group_id = group.id
        self.register_outputs({"subnetId": self.subnet_id, "securityGroupId": group.id})
