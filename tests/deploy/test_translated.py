"""What SAM makes of the template, held to the code and to what each function may do."""

import importlib
import json
import re

import pytest

from stack.checks import app_of, app_routes

WRITERS = {"UploadImage", "Uploads", "DeleteImage", "SetPrimary", "Health", "Sweep"} | {
    "DeleteImages",
    "DeleteProject",
    "SetOrder",
}
READERS = {"ListImages", "GetImage", "GetThumbnail", "ListProjects", "ImageInfo", "Limits"}
COPIES = dict.fromkeys(["GetImage", "GetThumbnail"], "MakeCopies") | dict.fromkeys(
    ["DeleteImage", "DeleteImages", "DeleteProject"], "RemoveCopies"
)


def functions(resources):
    return {name: r for name, r in resources.items() if r["Type"] == "AWS::Lambda::Function"}


def test_every_function_either_reads_or_writes(resources):
    assert set(functions(resources)) == WRITERS | READERS


def test_every_handler_is_importable_under_its_name(resources):
    for function in functions(resources).values():
        module, _, attribute = function["Properties"]["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_routes_of_the_api_are_those_of_the_handlers(resources, ours):
    in_api = {
        (f"{method.upper()} {path}", operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])
        for path, operations in resources["Api"]["Properties"]["Body"]["paths"].items()
        for method, operation in operations.items()
    }
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations"
    in_code = {
        (route.key, uri % function.logical_id)
        for function in ours.served
        for route in app_routes(function, app_of(function))
    }
    assert in_api == in_code


def test_every_route_sends_payload_2(resources, ours):
    for operations in resources["Api"]["Properties"]["Body"]["paths"].values():
        for operation in operations.values():
            assert operation["x-amazon-apigateway-integration"]["payloadFormatVersion"] == "2.0"
    permitted = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::Lambda::Permission"]
    assert sorted(p["FunctionName"]["Ref"] for p in permitted) == sorted(
        function.logical_id for function in ours.served for _ in function.routes
    )


def test_every_function_mounts_the_images(resources):
    mount = {"Arn": {"Fn::GetAtt": ["AccessPoint", "Arn"]}, "LocalMountPath": "/mnt/images"}
    for function in functions(resources).values():
        properties = function["Properties"]
        assert properties["FileSystemConfigs"] == [mount]
        assert set(function["DependsOn"]) == {"MountTargetA", "MountTargetB"}
        assert len(properties["VpcConfig"]["SubnetIds"]) == 2
        assert properties["Environment"]["Variables"]["IMGSRV_STORAGE_ROOT"] == mount["LocalMountPath"]


def test_every_function_is_arm64_on_the_python_that_is_built_for(resources):
    for function in functions(resources).values():
        assert function["Properties"]["Architectures"] == ["arm64"]
        assert function["Properties"]["Runtime"] == "python3.13"
        assert function["Metadata"]["BuildMethod"] == "makefile"


def test_image_work_gets_a_whole_processor_and_nothing_else_does(resources):
    memory = {name: function["Properties"]["MemorySize"] for name, function in functions(resources).items()}
    assert {memory.pop("UploadImage"), memory.pop("Uploads")} == {1769}
    assert set(memory.values()) == {1024}


@pytest.mark.parametrize(("policy", "actions"), [("ReadImages", {"Mount"}), ("WriteImages", {"Mount", "Write"})])
def test_policy_allows_what_its_name_says(resources, policy, actions):
    (statement,) = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    allowed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert set(allowed) == {f"elasticfilesystem:Client{action}" for action in actions}
    assert statement["Resource"] == {"Fn::GetAtt": ["FileSystem", "Arn"]}
    point = {"Fn::GetAtt": ["AccessPoint", "Arn"]}
    assert statement["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": point}}


def test_readers_cannot_write(resources):
    for name in functions(resources):
        role = resources[f"{name}Role"]["Properties"]
        own = [policy for policy in role["ManagedPolicyArns"] if isinstance(policy, dict)]
        if of_copies := COPIES.get(name):
            assert own.pop() == {"Fn::If": ["HasBucket", {"Ref": of_copies}, {"Ref": "AWS::NoValue"}]}
        assert own == [{"Ref": "ReadImages" if name in READERS else "WriteImages"}]
        inline = [policy["PolicyDocument"]["Statement"] for policy in role.get("Policies", [])]
        assert {action["Action"] for statements in inline for action in statements} <= {"sqs:SendMessage"}


def test_images_are_encrypted_and_outlive_the_stack(resources):
    storage = resources["FileSystem"]
    assert (storage["DeletionPolicy"], storage["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert storage["Properties"]["Encrypted"] is True
    assert storage["Properties"]["ThroughputMode"] == "elastic"
    assert storage["Properties"]["BackupPolicy"] == {"Status": "ENABLED"}


def test_functions_reach_nothing_but_the_mount_targets(resources):
    (outward,) = resources["FunctionSecurityGroup"]["Properties"]["SecurityGroupEgress"]  # which moto drops
    assert (outward["FromPort"], outward["ToPort"]) == (2049, 2049)
    assert outward["DestinationSecurityGroupId"] == {"Fn::GetAtt": ["MountSecurityGroup", "GroupId"]}


def test_the_gateway_answers_cors_and_throttles(resources):
    condition, cors, otherwise = resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-cors"]["Fn::If"]
    assert (condition, otherwise) == ("AnswerOrigins", {"Ref": "AWS::NoValue"})
    assert cors["allowOrigins"] == {"Fn::Split": [",", "*"]}  # the default, put in by SAM
    assert cors["allowHeaders"] == ["*", "authorization"]
    assert cors["maxAge"] == 3600
    assert set(cors["allowMethods"]) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    stage = resources["ApiApiGatewayDefaultStage"]["Properties"]
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"].keys() == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


def test_tokens_of_an_issuer_are_asked_for(resources, ours):
    body = resources["Api"]["Properties"]["Body"]
    assert body["components"]["Fn::If"][0] == "HasIssuer"
    scheme = body["components"]["Fn::If"][1]["securitySchemes"]["Issuer"]["x-amazon-apigateway-authorizer"]
    assert scheme["jwtConfiguration"] == {
        "issuer": {"Ref": "Issuer"},
        "audience": {"Fn::Split": [",", {"Ref": "Audience"}]},
    }
    asked = {}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if security := operation.get("security"):
                assert security["Fn::If"][1:] == [[{"Issuer": []}], {"Ref": "AWS::NoValue"}]
                asked[f"{method.upper()} {path}"] = security["Fn::If"][0]
    wanted = {}
    for function in ours.served:
        for route in function.routes:
            needs = app_of(function).needs
            needs = needs(route.method, route.path) if callable(needs) else needs
            if needs and not (needs == "read" and not route.path.endswith("/info")):  # pictures have signed URLs
                wanted[route.key] = "GuardReads" if needs in ("read", "list") else "HasIssuer"
    assert asked == wanted


def test_logs_are_json_and_end(resources):
    for function in functions(resources).values():
        assert function["Properties"]["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "Logs"}
    for group in ("Logs", "AccessLogs"):
        assert resources[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_tells_no_upload(resources):
    """Who knows the URL of an upload may go on with it, and who knows a signed one may read."""
    access = resources["ApiApiGatewayDefaultStage"]["Properties"]["AccessLogSettings"]["Format"]
    told = set(re.findall(r"\$context\.([a-zA-Z.]+)", access))
    assert told == {
        *("requestId", "identity.sourceIp", "requestTime", "routeKey", "status"),
        *("responseLength", "responseLatency", "integrationErrorMessage"),
    }
    json.loads(access)


def test_a_sweep_that_fails_is_tried_again_then_kept_and_told(resources):
    queue = {"Fn::GetAtt": ["NotSwept", "Arn"]}
    target = resources["SweepHourly"]["Properties"]["Target"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 2
    assert target["DeadLetterConfig"]["Arn"] == queue
    assert resources["Sweep"]["Properties"]["DeadLetterConfig"]["TargetArn"] == queue
    assert resources["SweepFailed"]["Properties"]["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Sweep"}}]


def test_two_stacks_share_an_account(resources):
    assert resources["SweepHourly"]["Properties"]["Name"] == {"Fn::Sub": "${AWS::StackName}-sweep"}


def test_uploads_leave_room_for_reads(resources):
    limits = resources["ApiApiGatewayDefaultStage"]["Properties"]["RouteSettings"]
    uploads = {key for key in limits if key.endswith("/images") or "/uploads" in key}
    assert (
        uploads
        == limits.keys()
        == {route for route in routes(resources) if route.split()[0] in ("POST", "PATCH") and "delete" not in route}
    )
    assert {limit["ThrottlingRateLimit"]["Ref"] for limit in limits.values()} == {"UploadsPerSecond"}


def routes(resources):
    paths = resources["Api"]["Properties"]["Body"]["paths"]
    return {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}


def test_what_is_read_again_comes_back(resources):
    policies = resources["FileSystem"]["Properties"]["LifecyclePolicies"]
    assert {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"} in policies


def test_a_few_busy_answers_ring_nothing(resources):
    (ring,) = (m for m in resources["ServerErrors"]["Properties"]["Metrics"] if m["Id"] == "ring")
    condition = ring["Expression"].removeprefix("IF(").removesuffix(", 1, 0)").replace("AND", "and")
    rings = [eval(condition, {"errors": e, "requests": r}) for e, r in [(4, 4), (5, 100), (5, 250), (100, 10_000)]]
    assert rings == [False, True, False, False]
