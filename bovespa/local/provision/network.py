"""EC2: the network of the stream. Nothing runs in it on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration


def vpc(aws: Clients, wanted: Registration) -> Answer:
    made = aws["ec2"].create_vpc(CidrBlock=wanted.inputs["cidrBlock"])["Vpc"]
    return Answer(id=made["VpcId"], outputs={})


def subnet(aws: Clients, wanted: Registration) -> Answer:
    made = aws["ec2"].create_subnet(VpcId=wanted.inputs["vpcId"], CidrBlock=wanted.inputs["cidrBlock"])
    return Answer(id=made["Subnet"]["SubnetId"], outputs={})


def internet_gateway(aws: Clients, wanted: Registration) -> Answer:
    made = aws["ec2"].create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws["ec2"].attach_internet_gateway(InternetGatewayId=made, VpcId=wanted.inputs["vpcId"])
    return Answer(id=made, outputs={})


def route_table(aws: Clients, wanted: Registration) -> Answer:
    made = aws["ec2"].create_route_table(VpcId=wanted.inputs["vpcId"])["RouteTable"]
    return Answer(id=made["RouteTableId"], outputs={})


def route(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    aws["ec2"].create_route(
        RouteTableId=inputs["routeTableId"],
        DestinationCidrBlock=inputs["destinationCidrBlock"],
        GatewayId=inputs["gatewayId"],
    )
    return Answer(id=f"{inputs['routeTableId']}-{inputs['destinationCidrBlock']}", outputs={})


def route_table_association(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    made = aws["ec2"].associate_route_table(RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"])
    return Answer(id=made["AssociationId"], outputs={})


def security_group(aws: Clients, wanted: Registration) -> Answer:
    """A group with exactly the declared rules: EC2 gives a new one a rule that lets everything out."""
    inputs = wanted.inputs
    group = aws["ec2"].create_security_group(
        GroupName=inputs["name"], Description=inputs["description"], VpcId=inputs["vpcId"]
    )["GroupId"]
    _replace_rules(aws, group, inputs)
    return Answer(id=group, outputs={})


def default_security_group(aws: Clients, wanted: Registration) -> Answer:
    """The VPC's own group, which is there already, stripped of its rules."""
    found = aws["ec2"].describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [wanted.inputs["vpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    group = found[0]["GroupId"]
    _replace_rules(aws, group, wanted.inputs)
    return Answer(id=group, outputs={})


def _replace_rules(aws: Clients, group: str, inputs: Any) -> None:
    ec2 = aws["ec2"]
    (present,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    sides: tuple[tuple[str, str, Callable[..., Any], Callable[..., Any]], ...] = (
        (
            "ingress",
            "IpPermissions",
            ec2.revoke_security_group_ingress,
            ec2.authorize_security_group_ingress,
        ),
        (
            "egress",
            "IpPermissionsEgress",
            ec2.revoke_security_group_egress,
            ec2.authorize_security_group_egress,
        ),
    )
    for declared, held, revoke, authorize in sides:
        if present.get(held):
            revoke(GroupId=group, IpPermissions=present[held])
        if rules := [_permission(rule) for rule in inputs.get(declared) or []]:
            authorize(GroupId=group, IpPermissions=rules)


def _permission(rule: Any) -> dict[str, Any]:
    return {
        "IpProtocol": rule["protocol"],
        "FromPort": rule["fromPort"],
        "ToPort": rule["toPort"],
        "IpRanges": [{"CidrIp": block} for block in rule["cidrBlocks"]],
    }
