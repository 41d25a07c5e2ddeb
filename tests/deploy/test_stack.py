"""The translated template created as a stack in moto, and its functions invoked with their routes' events."""

import base64
import json

import boto3
import pytest
from lambdas import call
from photos import dimensions, photo

from core import settings
from emulator.event import Request, to_event
from emulator.gateway import arrive

# Alarms and logs, which moto has no model of.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def create(translated, **parameters):
    """The stack's resources: logical id -> physical id."""
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    # moto cannot make an HTTP API by CloudFormation; test_imported_api... imports it as the stack would.
    body = {**translated, "Resources": {n: r for n, r in translated["Resources"].items() if "V2" not in r["Type"]}}
    text = json.dumps(body).replace('{"Ref": "Api"}', '"an-api"').replace("${Api}", "an-api")
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName="images", TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_IAM"]
    )
    summaries = cloudformation.list_stack_resources(StackName="images")["StackResourceSummaries"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in summaries}


@pytest.fixture
def built(aws):
    """An S3 bucket that holds what the template's functions are made of."""
    boto3.client("s3").create_bucket(Bucket="built")
    boto3.client("s3").put_object(Bucket="built", Key="functions.zip", Body=b"PK\x05\x06" + bytes(18))


@pytest.mark.usefixtures("built")
def test_stack_of_its_own_network(translated, ours):
    """A file system in two zones, which the functions alone reach; they know the bucket, and their network leads to it.

    One test, since moto takes seconds to make a stack.
    """
    made = create(translated)
    efs, ec2 = boto3.client("efs"), boto3.client("ec2")
    targets = efs.describe_mount_targets(FileSystemId=made["FileSystem"])["MountTargets"]
    assert {target["SubnetId"] for target in targets} == {made["SubnetA"], made["SubnetB"]}
    subnets = ec2.describe_subnets(SubnetIds=[made["SubnetA"], made["SubnetB"]])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    (point,) = efs.describe_access_points(FileSystemId=made["FileSystem"])["AccessPoints"]
    assert point["PosixUser"] == {"Uid": 1000, "Gid": 1000}
    (system,) = efs.describe_file_systems(FileSystemId=made["FileSystem"])["FileSystems"]
    assert system["Encrypted"] is True
    assert {function.logical_id for function in ours.functions} <= made.keys()

    groups = ec2.describe_security_groups(GroupIds=[made["MountSecurityGroup"]])["SecurityGroups"]
    (inward,) = groups[0]["IpPermissions"]
    assert (inward["FromPort"], inward["ToPort"]) == (2049, 2049)
    assert [pair["GroupId"] for pair in inward["UserIdGroupPairs"]] == [made["FunctionSecurityGroup"]]

    configuration = boto3.client("lambda").get_function_configuration(FunctionName=made["GetImage"])
    assert configuration["Environment"]["Variables"]["IMGSRV_BUCKET"] == made["Copies"]
    (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["S3Endpoint"]])["VpcEndpoints"]
    assert (endpoint["VpcId"], endpoint["RouteTableIds"]) == (made["Vpc"], [made["RouteTable"]])


@pytest.mark.usefixtures("built")
def test_a_vpc_of_ones_own_is_used_instead(translated):
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for n, zone in enumerate("ab")
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    made = create(translated, VpcId=vpc, SubnetIdA=ids[0], SubnetIdB=ids[1])
    assert not made.keys() & {"Vpc", "Copies", "S3Endpoint"}
    config = boto3.client("lambda").get_function_configuration(FunctionName=made["GetImage"])["VpcConfig"]
    assert sorted(config["SubnetIds"]) == sorted(ids)
    targets = boto3.client("efs").describe_mount_targets(FileSystemId=made["FileSystem"])["MountTargets"]
    assert sorted(target["SubnetId"] for target in targets) == sorted(ids)


@pytest.mark.usefixtures("aws")
def test_imported_api_has_every_route_and_cors(translated, ours):
    body = json.loads(json.dumps(translated["Resources"]["Api"]["Properties"]["Body"]))
    body["info"]["title"] = "images"
    _, cors, _ = body["x-amazon-apigateway-cors"]["Fn::If"]
    del body["components"]  # as without an Issuer
    body["x-amazon-apigateway-cors"] = cors | {"allowOrigins": ["*"]}  # as CloudFormation decides it by default
    for operations in body["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
            integration = operation["x-amazon-apigateway-integration"]
            integration["uri"] = integration["uri"]["Fn::Sub"]
    client = boto3.client("apigatewayv2")
    api = client.create_api(Name="images", ProtocolType="HTTP")["ApiId"]
    client.reimport_api(ApiId=api, Body=json.dumps(body))
    routes = {route["RouteKey"] for route in client.get_routes(ApiId=api)["Items"]}
    assert routes == {route.key for function in ours.served for route in function.routes}
    assert client.get_api(ApiId=api)["CorsConfiguration"]["AllowOrigins"] == ["*"]
    assert {item["PayloadFormatVersion"] for item in client.get_integrations(ApiId=api)["Items"]} == {"2.0"}


@pytest.fixture
def invoke(ours, tmp_path, monkeypatch):
    """Calls the handler that a request's route names with the route's event; a folder is the mount."""
    monkeypatch.setenv("IMGSRV_STORAGE_ROOT", str(tmp_path))
    settings.current.cache_clear()

    def invoke(method, path, body=b"", content_type=None):
        match = ours.router().match(method, path)
        headers = [("content-type", content_type)] * bool(content_type)
        event = to_event(Request(method, path, headers=headers, body=body), match, arrive())
        return call(match.target, event)

    yield invoke
    settings.current.cache_clear()


def test_a_photo_is_uploaded_listed_and_fetched_by_events_alone(invoke):
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + photo() + b"\r\n--b--\r\n"
    uploaded = invoke("POST", "/projects/p/images", form, "multipart/form-data; boundary=b")
    assert uploaded["statusCode"] == 201
    image = json.loads(uploaded["body"])["image_id"]

    listed = json.loads(invoke("GET", "/projects/p/images")["body"])
    assert [entry["image_id"] for entry in listed["images"]] == [image]

    for path in (f"/projects/p/images/{image}", "/projects/p/thumbnail"):
        fetched = invoke("GET", path)
        assert (fetched["statusCode"], fetched["headers"]["content-type"]) == (200, "image/jpeg")
        assert fetched["isBase64Encoded"] is True
        assert dimensions(base64.b64decode(fetched["body"]))[0] in (640, 400)

    assert invoke("PUT", f"/projects/p/primary/{image}")["statusCode"] == 200
    assert invoke("DELETE", f"/projects/p/images/{image}")["statusCode"] == 200
    assert invoke("GET", "/projects/p/thumbnail")["statusCode"] == 404
    assert invoke("GET", "/healthz")["statusCode"] == 200
