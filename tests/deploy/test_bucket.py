"""The bucket of large answers: who reaches it, from where, and for how long it keeps what."""

import fnmatch

import pytest

from core.web import bucket
from stack import cloudformation

COPIES = {"Fn::GetAtt": ["Copies", "Arn"]}


@pytest.fixture
def copies(resources):
    return resources["Copies"]["Properties"]


def test_bucket_is_private_encrypted_and_empties_itself(copies):
    assert set(copies["PublicAccessBlockConfiguration"].values()) == {True}
    assert copies["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "BucketEncryption" in copies
    (rule,) = copies["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["ExpirationInDays"] * 86_400 > bucket.LIFE


def test_bucket_refuses_what_is_not_encrypted_on_the_way(resources):
    (statement,) = resources["CopiesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", "s3:*", "*")
    assert statement["Resource"] == [COPIES, {"Fn::Sub": "${Copies.Arn}/*"}]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_pages_may_read_copies_where_they_may_read_the_api(copies):
    condition, cors, otherwise = copies["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("AnswerOrigins", {"Ref": "AWS::NoValue"})
    (rule,) = cors["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"])


@pytest.mark.parametrize(
    ("policy", "actions"), [("MakeCopies", {"Get", "Put", "Delete"}), ("RemoveCopies", {"Delete"})]
)
def test_policy_is_of_the_copies_alone(resources, policy, actions):
    on_objects, on_bucket = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    allowed = on_objects["Action"] if isinstance(on_objects["Action"], list) else [on_objects["Action"]]
    assert set(allowed) == {f"s3:{action}Object" for action in actions}
    assert (on_bucket["Action"], on_bucket["Resource"]) == ("s3:ListBucket", COPIES)
    pattern = on_objects["Resource"]["Fn::Sub"]
    assert fnmatch.fnmatchcase("${Copies.Arn}/" + bucket.key("p", "i", "original"), pattern)
    assert pattern != "${Copies.Arn}/*"


def test_functions_reach_s3_by_a_route_of_their_own(resources):
    endpoint = resources["S3Endpoint"]["Properties"]
    assert (endpoint["VpcEndpointType"], endpoint["RouteTableIds"]) == ("Gateway", [{"Ref": "RouteTable"}])
    subnets = [resources[f"Routes{zone}"]["Properties"]["SubnetId"] for zone in "AB"]
    assert subnets == [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}]
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Resource"] == [COPIES, {"Fn::Sub": "${Copies.Arn}/*"}]
    # No other route leads out, so what the functions may connect to is S3, whatever its addresses.
    assert not [name for name, r in resources.items() if r["Type"] in ("AWS::EC2::Route", "AWS::EC2::InternetGateway")]
    assert resources["S3Egress"]["Properties"]["FromPort"] == 443


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, {"HasBucket", "MakeEndpoint"}),
        ({"Bucket": "no"}, set()),
        ({"VpcId": "vpc-1"}, set()),
        ({"VpcId": "vpc-1", "S3PrefixList": "pl-1"}, {"HasBucket"}),
        ({"VpcId": "vpc-1", "S3PrefixList": "pl-1", "Bucket": "no"}, set()),
    ],
)
def test_vpc_of_ones_own_has_a_bucket_once_it_has_an_endpoint(translated, given, made):
    decided = cloudformation.conditions(translated, cloudformation.parameters(translated, given))
    assert {name for name in ("HasBucket", "MakeEndpoint") if decided[name]} == made
