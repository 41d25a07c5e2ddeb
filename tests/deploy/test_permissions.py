"""The policy that docs/deploy.md gives whoever deploys allows the making of everything that the templates have."""

import fnmatch
import json
from pathlib import Path

import pytest

from stack import cloudformation

FOLDER = Path(__file__).parents[2] / "deploy"
# What CloudFormation's documentation of each type lists for its creation and deletion.
NEEDED = {
    "AWS::ApiGatewayV2::Api": ["apigateway:POST", "apigateway:PUT", "apigateway:DELETE"],
    "AWS::ApiGatewayV2::Stage": ["apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"],
    "AWS::CloudFront::CachePolicy": ["cloudfront:CreateCachePolicy", "cloudfront:DeleteCachePolicy"],
    "AWS::CloudFront::Distribution": ["cloudfront:CreateDistribution", "cloudfront:DeleteDistribution"],
    "AWS::CloudWatch::Alarm": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
    "AWS::CloudWatch::Dashboard": ["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
    "AWS::EC2::SecurityGroup": [
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupEgress",
    ],
    "AWS::EC2::SecurityGroupEgress": ["ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupEgress"],
    "AWS::EC2::SecurityGroupIngress": ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    "AWS::EC2::Subnet": ["ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:DescribeAvailabilityZones"],
    "AWS::EC2::VPC": ["ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:DeleteVpc"],
    "AWS::EC2::VPCEndpoint": ["ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"],
    "AWS::EC2::RouteTable": ["ec2:CreateRouteTable", "ec2:DeleteRouteTable"],
    "AWS::EC2::SubnetRouteTableAssociation": ["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"],
    "AWS::EFS::AccessPoint": ["elasticfilesystem:CreateAccessPoint", "elasticfilesystem:DeleteAccessPoint"],
    "AWS::EFS::FileSystem": ["elasticfilesystem:CreateFileSystem", "elasticfilesystem:PutLifecycleConfiguration"],
    "AWS::EFS::MountTarget": ["elasticfilesystem:CreateMountTarget", "ec2:CreateNetworkInterface"],
    "AWS::IAM::ManagedPolicy": ["iam:CreatePolicy", "iam:DeletePolicy", "iam:CreatePolicyVersion"],
    "AWS::IAM::Role": ["iam:CreateRole", "iam:DeleteRole", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PassRole"],
    "AWS::Lambda::EventInvokeConfig": ["lambda:PutFunctionEventInvokeConfig"],
    "AWS::Lambda::Function": ["lambda:CreateFunction", "lambda:DeleteFunction", "lambda:UpdateFunctionCode"],
    "AWS::Lambda::Permission": ["lambda:AddPermission", "lambda:RemovePermission"],
    "AWS::Logs::LogGroup": ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
    "AWS::Logs::SubscriptionFilter": ["logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter"],
    "AWS::S3::Bucket": [
        *("s3:CreateBucket", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration"),
        *("s3:PutBucketCORS", "s3:PutEncryptionConfiguration", "s3:PutBucketOwnershipControls"),
    ],
    "AWS::S3::BucketPolicy": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    "AWS::SNS::Topic": ["sns:CreateTopic", "sns:Subscribe", "sns:DeleteTopic"],
    "AWS::SQS::Queue": ["sqs:CreateQueue", "sqs:DeleteQueue"],
    "AWS::Scheduler::Schedule": ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
    "AWS::SecretsManager::Secret": ["secretsmanager:CreateSecret", "secretsmanager:GetRandomPassword"],
}
ALLOWED = [
    action
    for statement in json.loads((FOLDER / "permissions.json").read_text())["Statement"]
    for action in statement["Action"]
]


def kinds(resources: dict) -> set[str]:
    return {resource["Type"] for resource in resources.values()}


def check(found: set[str]) -> None:
    assert found <= NEEDED.keys(), "say in NEEDED what making it takes"
    for kind in found:
        missing = [need for need in NEEDED[kind] if not any(fnmatch.fnmatchcase(need, action) for action in ALLOWED)]
        assert not missing, kind


def test_the_service_can_be_deployed(resources):
    check(kinds(resources))


def test_the_distribution_can_be_deployed():
    own = kinds(cloudformation.read(FOLDER / "cloudfront.yaml")["Resources"]) - {"AWS::Serverless::Function"}
    check(own | {"AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Logs::SubscriptionFilter", "AWS::Lambda::Permission"})


@pytest.mark.parametrize("action", ["*", "iam:*", "s3:*", "ec2:*", "secretsmanager:*"])
def test_it_allows_no_more_than_a_deploy_needs(action):
    assert action not in ALLOWED
