from pathlib import Path

import pytest

from stack import template
from stack.authorizers import Authorizer, Required
from stack.cloudformation import TemplateError
from stack.cors import Cors
from stack.functions import Function
from stack.routing import Route

OURS = Path(__file__).parents[2] / "template.yaml"
GIVEN = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
  Origins: {Type: CommaDelimitedList, Default: "https://a.example, https://b.example"}
  Secret: {Type: String}
Globals:
  Function:
    Timeout: 10
    Environment: {Variables: {GREETING: !Ref Greeting, SHARED: one}}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: !Ref Origins, AllowHeaders: [Content-Type], MaxAge: 60}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: handlers.reader.handler
      Environment: {Variables: {SHARED: two, OWN: !Sub "${Greeting} world"}}
      FileSystemConfigs: [{Arn: !GetAtt Point.Arn, LocalMountPath: /mnt/data}]
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: "/things/{id}"}}
"""


@pytest.fixture
def load(tmp_path):
    def load(text=GIVEN, **parameters):
        path = tmp_path / "template.yaml"
        path.write_text(text)
        return template.load(path, parameters)

    return load


def test_function_is_read_with_globals_and_parameters(load):
    assert load().functions == (
        Function(
            logical_id="Reader",
            handler="handlers.reader.handler",
            timeout=10,
            memory=128,
            environment={"GREETING": "hello", "SHARED": "two", "OWN": "hello world"},
            local_mount_path="/mnt/data",
            routes=(Route("GET", "/things/{id}"),),
        ),
    )


def test_a_parameter_given_wins_over_its_default(load):
    assert load(Greeting="servus").functions[0].environment["OWN"] == "servus world"


def test_an_unknown_parameter_is_refused(load):
    with pytest.raises(TemplateError, match="no parameter Greting"):
        load(Greting="x")


def test_cors_is_read(load):
    assert load().cors == Cors(("https://a.example", "https://b.example"), (), ("content-type",), (), 60)


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("*", ("*",)),
        ("https://a.example,https://b.example", ("https://a.example", "https://b.example")),
        ("", None),
    ],
)
def test_our_allowed_origins_are_several_or_none(given, origins):
    cors = template.load(OURS, {"Public": "yes", "AllowedOrigin": given, "Bucket": "no"}).cors
    assert (cors.allow_origins if cors else None) == origins
    assert cors is None or cors.allow_headers == ("*", "authorization")


def test_the_module_and_the_attribute_of_a_handler(load):
    function = load().functions[0]
    assert (function.module, function.attribute) == ("handlers.reader", "handler")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("SHARED: two", "SHARED: !Ref Secret", "Reader: the value of SHARED is known to AWS only"),
        ("Timeout: 10", "Timeout: 30", "Reader.Timeout: 30 s, but the gateway gives up at 30"),
        ("Timeout: 10", "Timeout: soon", "Reader.Timeout: 'soon' is not of type int"),
        ("Handler: handlers.reader.handler", "Description: none", "Reader.Handler: missing"),
        ("handlers.reader.handler", "reader", "Reader.Handler: 'reader' is not module.attribute"),
        ("Get: {Type: HttpApi", "Get: {Type: Api", "Reader.Events.Get: events of type Api are not served"),
        ("Method: get", "Method: fetch", "Reader.Events.Get: FETCH is not one of"),
        ('"/things/{id}"', '"/things/{id}/"', "Reader.Events.Get: the gateway rejects ''"),
        ('"/things/{id}"', "!Ref Secret", "Reader.Events.Get.Path: its value is known to AWS only"),
        ("Method: get,", "Method: get, Auth: {Authorizer: X},", "Reader.Events.Get: Auth is not served"),
        ("Method: get,", 'Method: get, PayloadFormatVersion: "1.0",', "only payload format 2.0"),
        ("Type: AWS::Serverless::Function", "Type: AWS::SNS::Topic", "no function has an HttpApi event"),
        ("Properties:\n      Cors", "Properties:\n      StageName: prod\n      Cors", "only \\$default is served"),
        ("Properties:\n      Cors", "Properties:\n      Auth: {DefaultAuthorizer: X}\n      Cors", "Api: Auth is not"),
        ("Properties:\n      Cors", "Properties:\n      Domain: {}\n      Cors", "Api: Domain is not served"),
        ("Globals:", "Globals:\n  HttpApi: {Auth: {DefaultAuthorizer: X}}", "Api: Auth is not served"),
        (
            "Handler: handlers",
            "FunctionUrlConfig: {}\n      Handler: handlers",
            "Reader: FunctionUrlConfig is not served",
        ),
        ("Method: get,", "Method: get, TimeoutInMillis: 9,", "Reader.Events.Get: TimeoutInMillis is not served"),
        ("Resources:", "Resources:\n  Own: {Type: AWS::ApiGatewayV2::Route}", "Own: a resource of type AWS::ApiG"),
        ("{AllowOrigins: !Ref Origins", "{AllowPaths: []", "CorsConfiguration: AllowPaths is not served"),
        ("{AllowOrigins: !Ref Origins, AllowHeaders: [Content-Type], MaxAge: 60}", "!If [X, {}, {}]", "one by one"),
        ("Resources:", "Things:", "has no Resources"),
        ("Resources:", "Resources: [", "not YAML"),
    ],
)
def test_what_cannot_be_served_stops_with_one_line_that_names_it(load, old, new, words):
    assert old in GIVEN
    with pytest.raises(TemplateError, match=words) as raised:
        load(GIVEN.replace(old, new))
    assert "\n" not in str(raised.value)


GUARDED = GIVEN.replace(
    "      CorsConfiguration",
    """      DefinitionBody:
        openapi: 3.0.1
        components:
          securitySchemes:
            Own:
              type: oauth2
              x-amazon-apigateway-authorizer:
                type: jwt
                identitySource: $request.header.Authorization
                jwtConfiguration: {issuer: "https://issuer.example", audience: [a, b]}
        paths:
          "/things/{id}": {get: {security: [{Own: [images/read]}]}}
      CorsConfiguration""",
)


def test_a_route_that_asks_for_a_token_is_read(load):
    wanted = Required(Authorizer("https://issuer.example", ("a", "b")), ("images/read",))
    assert load(GUARDED).guarded == {"GET /things/{id}": wanted}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("type: jwt", "type: request", "Own: authorizers of type request are not served"),
        ("type: jwt", "type: jwt\n                resultTtl: 1", "Own: resultTtl is not served"),
        ("$request.header.Authorization", "$request.querystring.token", "Own: only tokens from"),
        ('"https://issuer.example"', "!Ref Secret", "Own: its issuer is missing, or known to AWS only"),
        ("audience: [a, b]", "audience: []", "Own: its audience is missing"),
        ("[{Own: ", "[{Other: ", "GET /things/{id}: there is no authorizer Other"),
        ("[{Own: ", "[{Own: []}, {Other: ", "one authorizer a route is served"),
        ("{get: {sec", "{put: {sec", "no function has PUT /things/{id}"),
        ("{get: {sec", "{get: {deprecated: true, sec", "GET /things/{id}: deprecated is not served"),
        ("openapi: 3.0.1", "security: []", "DefinitionBody: security is not served"),
        ("openapi: 3.0.1", "x-amazon-apigateway-policy: {}", "DefinitionBody: x-amazon-apigateway-policy is not"),
        ("get: {security: [{Own: [images/read]}]}", "get: !Ref Secret", "known to AWS only"),
    ],
)
def test_an_authorizer_of_another_kind_stops_the_start(load, old, new, words):
    assert old in GUARDED
    with pytest.raises(TemplateError, match=words) as raised:
        load(GUARDED.replace(old, new))
    assert "\n" not in str(raised.value)


def test_a_route_that_two_functions_have_is_refused(load):
    second = GIVEN[GIVEN.index("  Reader:") :].replace("Reader", "Second").replace("{id}", "{name}")
    with pytest.raises(TemplateError, match=r"Second: GET /things/{name} is taken by Reader"):
        load(GIVEN + second)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TemplateError, match=r"nowhere\.yaml: No such file"):
        template.load(tmp_path / "nowhere.yaml")


def test_a_scheduled_function_has_no_routes(load):
    schedule = '{Type: ScheduleV2, Properties: {ScheduleExpression: "rate(1 day)"}}'
    properties = f"{{Handler: a.b, Events: {{Daily: {schedule}}}}}"
    loaded = load(GIVEN + f"  Nightly: {{Type: AWS::Serverless::Function, Properties: {properties}}}\n")
    assert [f.logical_id for f in loaded.functions] == ["Reader", "Nightly"]
    assert [f.logical_id for f in loaded.served] == ["Reader"]


CONDITIONAL = GIVEN.replace(
    "Globals:",
    """Conditions:
  Warm: !Equals [!Ref Greeting, hello]
  Cold: !Not [!Condition Warm]
  Both: !And [!Condition Warm, !Condition Cold]
  Either: !Or [!Condition Warm, !Condition Cold]
  Unknown: !Equals [!Ref AWS::Region, here]
Globals:""",
)


@pytest.mark.parametrize(("condition", "value"), [("Warm", "a"), ("Cold", "b"), ("Both", "b"), ("Either", "a")])
def test_conditions_that_parameters_decide(load, condition, value):
    text = CONDITIONAL.replace("SHARED: two", f"SHARED: !If [{condition}, a, b]")
    assert load(text).functions[0].environment["SHARED"] == value


def test_no_value_leaves_a_variable_out(load):
    text = CONDITIONAL.replace("SHARED: two", "EXTRA: !If [Cold, a, !Ref AWS::NoValue]")
    assert "EXTRA" not in load(text).functions[0].environment


def test_a_condition_that_aws_decides_stops_the_start(load):
    with pytest.raises(TemplateError, match="SHARED is known to AWS only"):
        load(CONDITIONAL.replace("SHARED: two", "SHARED: !If [Unknown, a, b]"))


def test_a_function_whose_condition_fails_is_not_served(load):
    with pytest.raises(TemplateError, match="no function"):
        load(
            CONDITIONAL.replace(
                "    Type: AWS::Serverless::Function", "    Condition: Cold\n    Type: AWS::Serverless::Function"
            )
        )
