"""Secrets that stand in a job definition: known by name, by form, by what CloudFormation does."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from hypothesis import HealthCheck, given, settings, strategies

import batch_constructs as bc
from batch_constructs.aws.credential_names import gives_a_credential
from batch_constructs.aws.credentials import (
    CREDENTIALS,
    Credential,
    credential_in,
    may_hold_credentials,
)
from batch_constructs.aws.password_options import PASSWORD_OPTIONS
from batch_constructs.aws.piped_passwords import PASSWORD_READERS
from batch_constructs.rules import check_resource, check_template
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.values import as_json
from batch_constructs.rules.template.written_strings import strings

JOB = "AWS::Batch::JobDefinition"
B = "b" * 40


def encoded(header: str) -> str:
    """A file of PEM in Base64."""
    return b64encode(f"-----BEGIN {header}-----\nMIIE".encode()).decode()


HOOK = "https://hooks.slack.com/services/T0ABCDEF/B0ABCDEF/" + B[:24]
PLANTED = {
    "an access key of AWS": ["AKIA" + "Q2" * 8, "export K=ASIA" + "Q2" * 8, "AKIAIOSFODNN7EXAMPLE"],
    "a token of GitHub": ["ghp_" + B, "github_pat_" + B],
    "a token of GitLab": ["glpat-" + B[:20]],
    "a token of Slack": [
        "xoxb-1234567890-" + B,
        HOOK,
    ],
    "a key of Stripe": ["sk_live_" + B[:24], "rk_test_" + B[:24]],
    "an API key of Google": ["AIza" + B[:35]],
    "a token of Hugging Face": ["hf_" + B[:34]],
    "a token of npm": ["npm_" + B[:36]],
    "a token of PyPI": ["pypi-" + B],
    "a key of Anthropic": ["sk-ant-api03-" + B],
    "a key of OpenAI": ["sk-proj-" + B + "T3BlbkFJ" + B, "sk-svcacct-" + B],
    "a key of SendGrid": ["SG." + B[:22] + "." + B + "bbb"],
    "a header that authorizes": [
        "curl -H 'Authorization: Bearer abcdef0123' x",
        "authorization: basic dXNlcjpodW50ZXIy",
        "{'Authorization': 'Bearer abcdef0123'}",
        "X-Api-Key: abcdefgh1",
        "x-vault-token:abcdefgh1",
        "PRIVATE-TOKEN: abcdefgh",
    ],
    "a signed URL of Azure Storage": [
        "https://a.blob.core.windows.net/c?sv=1&sig=" + B + "%2Fbb%3D"
    ],
    "a private key": ["-----BEGIN RSA PRIVATE KEY-----\nMII", "-----BEGIN PRIVATE KEY-----"],
    "a private key in Base64": [
        *(
            encoded(f"{kind} PRIVATE KEY".lstrip())
            for kind in ["", *["RSA", "EC", "DSA", "OPENSSH", "ENCRYPTED", "PGP"]]
        ),
        f"echo {encoded('PRIVATE KEY')} | base64 -d",
    ],
    "a JSON Web Token": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + B],
    "a URL with a password": ["postgres://u:hunter2@db:5432/x", "redis://:hunter2@cache"],
    "a data source name with a password": ["u:hunter2@tcp(db:3306)/x", "u:h/2:x@unix(/run/s)/x"],
}
"""Kind of credential → texts that hold one."""

HARMLESS = [
    "AKIAIOSFODNN7EXAMPLES",
    "postgres://user:Ref::password@db/x",
    "postgres://user:$PASSWORD@db/x",
    "postgres://user:${PASSWORD}@db/x",
    "postgres://user@db:5432/x",
    "s3://bucket/key",
    "https://example.com/a:b@c",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:" + "a" * 64,
    "ghp_short",
    "sk_live_",
    "npm_config_registry",
    "sk-learn-1.5",
    "sk-ant-short",
    "SG.internal.example.com",
    "s3://bucket/T3BlbkFJ",
    "pypi-mirror",
    "curl -H 'Authorization: Bearer $TOKEN' x",
    "curl -H 'Authorization: Bearer Ref::token' x",
    "authorization: bearer token",
    "X-Api-Key: $API_KEY_2",
    "X-Api-Key: Ref::api_key_2",
    "X-Api-Key: the-name-of-it",
    "X-Cache-Key-Id: abcdefgh1",
    "https://a.blob.core.windows.net/c?sv=1&sig=$SIGNATURE",
    "https://x/a?sig=" + B,
    "sk-proj-short",
    encoded("CERTIFICATE"),
    encoded("PUBLIC KEY"),
    encoded("RSA PUBLIC KEY"),
    "u:$PASSWORD@tcp(db:3306)/x",
    "u:${PASSWORD}@tcp(db:3306)/x",
    "u@tcp(db:3306)/x",
]


@pytest.mark.parametrize(
    ("noun", "text"), [(noun, text) for noun, texts in PLANTED.items() for text in texts]
)
@pytest.mark.parametrize(
    "place", ["variable", "parameter", "command", "option", "name", "name and value"]
)
def test_a_credential_is_known_by_its_form_wherever_it_stands(
    noun: str, text: str, place: str
) -> None:
    places: dict[str, dict[str, Any]] = {
        "variable": {"ContainerProperties": {"Environment": [{"Name": "A", "Value": text}]}},
        "parameter": {"Parameters": {"a": text}},
        "command": {"ContainerProperties": {"Command": ["run", text]}},
        "option": {"ContainerProperties": {"LogConfiguration": {"Options": {"a": text}}}},
        "name": {"Parameters": {text: "a"}},
        "name and value": {"Parameters": {text: text}},
    }
    properties = places[place]

    assert messages(properties) == [f"{noun} is in the template"]


@pytest.mark.parametrize("place", ["variable", "parameter", "option"])
@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("A", {"Fn::Base64": "ghp_" + B}, "a token of GitHub is in the template"),
        ("PASSWORD", {"Fn::Base64": "hunter2"}, 'the value of "PASSWORD" is in the template'),
        ("PASSWORD", {"Fn::Base64": {"Ref": "P"}}, None),
        ("A", {"Fn::Base64": "plain"}, None),
    ],
)
def test_a_credential_that_cloudformation_encodes_is_found(
    name: str, value: Any, place: str, found: str | None
) -> None:
    places: dict[str, dict[str, Any]] = {
        "variable": {"ContainerProperties": {"Environment": [{"Name": name, "Value": value}]}},
        "parameter": {"Parameters": {name: value}},
        "option": {"ContainerProperties": {"LogConfiguration": {"Options": {name: value}}}},
    }

    assert messages(places[place]) == ([found] if found else [])


def test_a_value_that_is_secret_by_its_name_and_by_its_form_is_told_once() -> None:
    token = "ghp_" + B

    assert messages({"Parameters": {"password": token}}) == [
        'the value of "password" is in the template'
    ]
    assert messages({"ContainerProperties": {"Command": ["run", "--password", token]}}) == [
        "the password or token of an option is in the template"
    ]


def test_a_value_that_nothing_says_the_name_of_is_known_by_its_form_alone() -> None:
    environment = [{"Value": "hunter2"}, {"Name": "PASSWORD"}, {"Value": "ghp_" + B}]

    assert messages({"ContainerProperties": {"Environment": environment}}) == [
        "a token of GitHub is in the template"
    ]


def test_a_secret_that_is_fetched_may_have_any_name() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:x"
    given = [{"Name": "PASSWORD", "ValueFrom": arn, "Value": "hunter2"}]

    assert messages({"ContainerProperties": {"Secrets": given}}) == []


@pytest.mark.parametrize(
    ("value", "may"),
    [
        (["main"], False),
        ({"Fn::Sub": "AKIA${AWS::Region}"}, True),
        ({"Fn::Base64": {"a": ["-----BEGIN PRIVATE KEY-----"]}}, True),
        ({"dop_v1_" + "0" * 64: 1}, True),
        ({"dop_v1_": 1}, False),
    ],
)
def test_the_strings_of_a_resource_are_gone_through_where_one_has_the_sign_of_a_credential(
    value: object, *, may: bool
) -> None:
    resolved = Resolver({}).resolve({"Properties": [value]})

    said = as_json(resolved)
    assert may_hold_credentials(said) is may


def test_what_contains_itself_is_searched_once() -> None:
    """As a mapping of Python may; no file can write it."""
    group: dict[str, Any] = {"a": "ghp_" + B}
    group["b"] = group

    assert [*strings("", group)] == [("a", "ghp_" + B)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{resolve:ssm:/secret/arn}}", []),
        ({"Fn::Sub": "arn:aws:${Service}:eu-west-1:1:secret:x"}, []),
        ({"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:x"}, []),
        ({"Fn::Sub": "arn:aws:s3:::a-bucket-of-mine/${Key}"}, ["secret-source"]),
        ("", ["secret-source"]),
        ({"Ref": "Bucket"}, ["secret-source"]),
        ({"Ref": "Secret"}, []),
    ],
)
def test_what_a_secret_comes_from_is_judged_as_far_as_it_is_known(
    source: Any, found: list[str]
) -> None:
    container = {"Image": "i", "Secrets": [{"Name": "A", "ValueFrom": source}]}
    resources = {
        "Job": {"Type": JOB, "Properties": {"Type": "container", "ContainerProperties": container}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Secret": {"Type": "AWS::SecretsManager::Secret"},
    }

    rules = [one.rule for one in check_template({"Resources": resources})]

    assert [one for one in rules if one == "secret-source"] == found


def test_every_program_that_takes_a_password_names_its_page() -> None:
    pages = [one.page for one in PASSWORD_OPTIONS] + [one.page for one in PASSWORD_READERS]
    assert all(page.startswith("https://") for page in pages)


def test_every_kind_of_credential_is_planted_and_names_its_page() -> None:
    assert [one.noun for one in CREDENTIALS] == list(PLANTED)
    assert all(one.page.startswith("https://") for one in CREDENTIALS)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_credential_is_none(text: str) -> None:
    assert credential_in(text) is None


@pytest.mark.parametrize(
    ("command", "is_found"),
    [
        (["run", "--password", "hunter2"], True),
        (["run", "--password=hunter2"], True),
        (["run", "--db-password", "hunter2"], True),
        (["sh", "-c", "run --password hunter2 --x"], True),
        (["sh", "-c", "run --api-key='abcdef' x"], True),
        (["run", "--auth-token", "abcdef"], True),
        (["run", "--password", "Ref::password"], False),
        (["run", "--password", "$PASSWORD"], False),
        (["sh", "-c", 'run --password "$PASSWORD"'], False),
        (["run", "--password-file", "/run/secret"], False),
        (["run", "--password", "--verbose"], False),
        (["run", "--max-token", "4096"], False),
        (["run", "--secret-key", "arn:aws:secretsmanager:eu-west-1:1:secret:x"], False),
        (["run", "password", "hunter2"], False),
        (["sh", "-c", "export DB_PASSWORD=hunter2; run"], True),
        (["sh", "-c", "API_TOKEN='abcdef' run"], True),
        (["sh", "-c", "export DB_PASSWORD=$(fetch); run"], False),
        (["sh", "-c", "export DB_PASSWORD=`fetch`; run"], False),
        (["sh", "-c", 'export DB_PASSWORD="$P"; run'], False),
        (["java", "-Dstore.password=changeit"], False),
        (["run", "monkey=1"], False),
        (["java", "-Ddb.password=hunter2", "Main"], True),
        (["java", "-Dapi.key=hunter2"], True),
        (["java", "-Durl=jdbc:postgresql://h/x?user=a&password=hunter2"], True),
        (["java", "-Durl=jdbc:postgresql://h/x?user=a&password=$P"], False),
        (["run", "URL=jdbc:sqlserver://h;user=a;password=hunter2;"], True),
        (["run", "Server=h;Database=d;User Id=u;Password=hunter2;"], True),
        (["run", "Server=h;Database=d;User Id=u;Password={0};"], False),
        (["run", "Driver={ODBC};Server=h;Uid=u;Pwd=hunter2;"], True),
        (["run", "Driver={ODBC};Server=h;Uid=u;Pwd={0};"], False),
        (["run", "Driver={ODBC};Server=h;Uid=u;Pwd=${PW};"], False),
        (["sh", "-c", "cd /data; PWD=/data; run"], False),
        (["run", "a=b;pwd=/data/x"], False),
        (["run", '{"password": "hunter2"}'], True),
        (["sh", "-c", 'run "{\\"dbPassword\\":\\"hunter2\\"}"'], True),
        (["run", '{"password": "$PASSWORD"}'], False),
        (["run", '{"password": ""}'], False),
        (["run", '{"secret": "the-name-of-it"}'], False),
        (["python", "-c", "password=os.environ['P']; token=fetch()"], False),
        (["run", "--pass", "hUnter2xyz"], True),
        (["run", "--db-pass=hunter2"], True),
        (["run", "--pass", "beauty"], False),
        (["run", "--spring.datasource.password=hunter2"], True),
        (["run", "--secret", "the-name-of-it"], False),
        (["curl", "-u", "me:hunter2", "https://x"], True),
        (["/usr/bin/curl", "--user", "me:hunter2"], True),
        (["curl", "-sS", "-ume:hunter2"], True),
        (["curl", "-u", "me:$PASSWORD"], False),
        (["curl", "-u", "Ref::user:Ref::password"], False),
        (["curl", "-u", "me"], False),
        (["run", "-u", "me:hunter2"], False),
        (["sh", "-c", "cd x && curl -u 'me:hunter2' https://x"], True),
        (["sh", "-c", "curl https://x; run -u me:hunter2"], False),
        (["mysql", "-uroot", "-phunter2"], True),
        (["mysql", "-p", "main"], False),
        (["mysql", "-p$PASSWORD"], False),
        (["sshpass", "-p", "hunter2", "ssh", "h"], True),
        (["sshpass", "-v", "-P", "word", "-phunter2", "ssh", "h"], True),
        (["sshpass", "-e", "ssh", "-p", "2222", "user@host"], False),
        (["sshpass -p $PASS ssh -p 2222 user@host"], False),
        (["sshpass", "-f", "/run/secret", "scp", "-pr", "a", "b"], False),
        (["redis-cli", "-a", "hunter2"], True),
        (["sh", "-c", "docker login -u me -p hunter2"], True),
        (["docker", "run", "-p", "8080:80"], False),
        (["run", "--password", {"Fn::Sub": "hunter2${AWS::Region}"}], True),
        (["sh", "-c", {"Fn::Sub": "run --password hunter2 ${AWS::Region}"}], True),
        (["run", "--password", {"Fn::Sub": "${Name}-of-it"}], False),
        (["run", "--secret-access-key", "/" + "aB3d" * 9 + "aB3"], True),
        (["sh", "-c", "AWS_SECRET_ACCESS_KEY=/" + "aB3d" * 9 + "aB3 run"], True),
        (["run", "--signing-key", "Hunter2xQ9z!"], True),
        (["sh", "-c", "AWS_SECRET_ACCESS_KEY=/a/" + "aB3d" * 9 + "a run"], True),
        (["run", "--signing-key", "the-name-of-it"], False),
        (["run", "--password", "-X2rays3Ab"], False),
        (["sh", "-c", "run --password $dbPass2Word"], False),
        (["sh", "-c", "DB_PASSWORD=$ecretHunter2 run"], False),
        (["sh", "-c", "echo hunter2 | docker login -u me --password-stdin r.example"], True),
        (["sh", "-c", "echo -n 'hunter 2' |\n docker login \\\n --password-stdin"], True),
        (["sh", "-c", "printf '%s\\n' \"hunter2\" | sudo -S true"], True),
        (["sh", "-c", "printf hunter2 | sudo -u root -kS true"], True),
        (["sh", "-c", "echo root:hunter2 | chpasswd"], True),
        (["sh", "-c", "docker login --password-stdin <<< hunter2"], True),
        (["sh", "-c", "echo $P | docker login --password-stdin"], False),
        (["sh", "-c", 'echo "$(fetch)" | docker login --password-stdin'], False),
        (["sh", "-c", 'echo "root:$P" | chpasswd'], False),
        (["sh", "-c", 'echo "$(fetch db:login)" | docker login --password-stdin'], False),
        (["sh", "-c", "echo yep | sudo -S x"], False),
        (["sh", "-c", "docker login --password-stdin <<< $P"], False),
        (["sh", "-c", "aws ecr get-login-password | docker login --password-stdin r"], False),
        (["sh", "-c", "echo hunter2 | sudo tee /etc/x"], False),
        (["sh", "-c", "echo start; fetch | docker login --password-stdin"], False),
        (["sh", "-c", "echo 'password: hunter2' > a.yml"], True),
        (["sh", "-c", "printf 'password: hunter2\\n' > a.yml"], True),
        (["sh", "-c", "echo 'password: wanted' > a.yml"], False),
        (["sh", "-c", "echo 'password: $P' > a.yml"], False),
        (["python", "-c", "os.environ['DB_PASSWORD']='hunter2'"], True),
        (["python", "-c", "os.environ['DB_PASSWORD'] = ''"], False),
        (["python", "-c", "a['token'] = 'the-name-of-it'"], False),
        (["aws", "configure", "set", "aws_secret_access_key", "hunter2"], True),
        (["sh", "-c", "aws configure set aws_session_token hunter2"], True),
        (["aws", "configure", "set", "profile.a.aws_secret_access_key", "hunter2"], True),
        (["aws", "configure", "set", "region", "eu-west-1"], False),
        (["aws", "configure", "get", "aws_secret_access_key", "hunter2"], False),
        (["sh", "-c", "aws configure set aws_secret_access_key $K"], False),
        (["run", "--token", "eos"], False),
        (["run", "--token", "eos1"], True),
        (["7z", "x", "-phunter2", "a.7z"], True),
        (["7z", "x", "-p$P", "a.7z"], False),
        (["unzip", "-P", "hunter2", "a.zip"], True),
        (["unzip", "-p", "a.zip"], False),
        (["sqlcmd", "-U", "sa", "-P", "hunter2"], True),
        (["sqlcmd", "-p", "1"], False),
        (["bcp", "t", "out", "f", "-Phunter2"], True),
        (["mongosh", "-u", "me", "-p", "hunter2"], True),
        (["mongosh", "-u", "me", "-p", "--quiet"], False),
        (["sqlplus", "-S", "me/hunter2@db"], True),
        (["sqlplus", "me/hunter2", "@run.sql"], True),
        (["sqlplus", "$LOGIN", "data/in"], False),
        (["sqlplus", "me/$P@db"], False),
        (["sqlplus", "/nolog", "data/in"], False),
        (["smbclient", "//h/s", "-U", "me%hunter2"], True),
        (["smbclient", "//h/s", "-U", "me"], False),
        (["smbclient", "//h/s", "-U", "me%$P"], False),
        (["lftp", "-u", "me,hunter2", "sftp://h"], True),
        (["lftp", "-u", "me", "sftp://h"], False),
        (["htpasswd", "-b", "f", "me", "hunter2"], True),
        (["sh", "-c", "htpasswd -nb me hunter2 > f"], True),
        (["sh", "-c", "htpasswd -nb me $P > f; run hunter2"], False),
        (["htpasswd", "-n", "me"], False),
        (["openssl", "enc", "-d", "-pass", "pass:hunter2"], True),
        (["sh", "-c", "openssl rsa -passin pass:hunter2 -in key"], True),
        (["openssl", "enc", "-d", "-pass", "env:Password2"], False),
        (["openssl", "enc", "-d", "-pass", "pass:$PASSWORD"], False),
        (["openssl", "enc", "-d", "-pass", "file:/run/secret"], False),
        (["keytool", "-import", "-storepass", "hunter2"], True),
        (["keytool", "-list", "-keystore", "cacerts"], False),
        (["twine", "upload", "-u", "me", "-p", "hunter2", "dist/a"], True),
        (["twine", "upload", "dist/a"], False),
        (["az", "login", "--service-principal", "-u", "me", "-p", "hunter2"], True),
        (["az", "group", "list", "-p", "hunter2"], False),
        (["helm", "registry", "login", "-u", "me", "-p", "hunter2", "r.example"], True),
        (["helm", "template", "-p", "hunter2"], False),
        (["skopeo", "copy", "--src-creds", "me:hunter2", "a", "b"], True),
        (["skopeo", "copy", "--src-creds=$ME:$PASSWORD", "a", "b"], False),
        (["wandb", "login", "0123456789abcdef" * 2 + "01234567"], True),
        (["wandb", "artifact", "get", "0123456789abcdef" * 2 + "01234567"], False),
        (["cqlsh", "-u", "me", "-p", "hunter2", "host"], True),
        (["cqlsh", "-p", "$PASSWORD", "host"], False),
        (["ldapsearch", "-D", "cn=me", "-w", "hunter2"], True),
        (["ldapsearch", "-D", "cn=me", "-W"], False),
        (["mosquitto_pub", "-u", "me", "-P", "hunter2"], True),
        (["mosquitto_pub", "-p", "1883"], False),
    ],
)
def test_an_option_with_a_password_is_found(command: list[Any], *, is_found: bool) -> None:
    found = messages({"ContainerProperties": {"Command": command}})

    assert found == (["the password or token of an option is in the template"] if is_found else [])


@pytest.mark.parametrize(
    ("name", "value", "is_found"),
    [
        ("password", "hunter2", True),
        ("splunk-token", "11111111-2222-3333-4444-555555555555", True),
        ("SLACK_TOKEN", "abcdefgh", True),
        ("max_token", "4096", False),
        ("tokenizer", "bert", False),
        ("token", "Ref::token", False),
        ("password", "", False),
        ("dbPassword", "hunter2", True),
        ("accessToken", "abcdefgh", True),
        ("PGPASSWORD", "hunter2", True),
        ("MYSQL_PWD", "hunter2", True),
        ("DB_PASS", "hunter2", True),
        ("PWD", "work", False),
        ("RENDER_PASS", "beauty", False),
        ("BYPASS", "cache", False),
        ("nontoken", "abcdefgh", False),
        ("PASS", "hUnter2xyz", True),
        ("PW", "hunter$2xyz", True),
        ("DB_PW", "hUnter2xyz", True),
        ("PWD_DB", "hUnter2xyz", True),
        ("PASS_COUNT", "twelve", False),
        ("PASSPHRASE", "hunter2", True),
        ("CREDS", "hunter2", True),
        ("PASSWORD_FILE", "/run/secrets/x", False),
        ("PASSWORD", "%PASSWORD%", False),
        ("AWS_SECRET_ACCESS_KEY", "/" + "aB3d" * 9 + "aB3", True),
        ("AWS_SECRET_ACCESS_KEY", "/" + "ab3d" * 9 + "ab3", False),
        ("AWS_SECRET_ACCESS_KEY", "/prod/App1/key", False),
        ("DB_PASSWORD", "/Hunter2xQ9", True),
        ("DB_PASSWORD", "/prod/Hunter2xQ9", False),
        ("DB_PASSWORD", "/hunter2xq9", False),
        ("DB_PASSWORD", "$ecretHunter2", True),
        ("DB_PASSWORD", "$DB_LOGIN_2", False),
        ("DB_PASSWORD", "$dbPassword2", False),
        ("DB_PASSWORD", "$USER1:$LOGIN", False),
        ("DB_PASSWORD", "${Hunter2xQ9z}", False),
        ("DB_PASSWORD", "{{resolve:ssm:Hunter2xQ9z}}", False),
        ("DB_PASSWORD", "@Hunter2xQ9z", True),
        ("DB_PASSWORD", "@Hunter2xQ9z.txt", False),
        ("DB_PASSWORD", "%Hunter2xQ9z", True),
        ("DB_PASSWORD", "%Hunter2xQ9z%", False),
        ("DB_PASSWORD", "<Hunter2xQ9z", True),
        ("DB_PASSWORD", "<Hunter2xQ9z>", False),
        ("DB_PASSWORD", "1234567", True),
        ("DB_PASSWORD", "123", False),
        ("API_KEY", "1234567", False),
        ("ENCRYPTION_KEY", "Hunter2xQ9z!", True),
        ("ENCRYPTION_KEY", "0123456789abcdef" * 2, True),
        ("ENCRYPTION_KEY", "aB3/" * 10 + "aB3=", True),
        ("ENCRYPTION_KEY", "1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("ENCRYPTION_KEY", "config/App2Prod", False),
        ("API_KEY", "alias/the-one", False),
        ("JWT_SIGNING_KEY", "Hunter2xQ9z!", True),
        ("JWT_SIGNING_KEY", "App2Prod.pem", False),
        ("JWT_SIGNING_KEY", "HmacSHA256", False),
        ("REDIS_AUTH", "Hunter2xQ9z!", True),
        ("BASIC_AUTH", "me:Hunter2xQ9z", True),
        ("REDIS_AUTH", "iam", False),
        ("HASH_SALT", "Hunter2xQ9z!", True),
        ("HASH_SALT", "sea", False),
        ("PARTITION_KEY", "Hunter2xQ9z!", False),
        ("SSHPASS", "hunter2", True),
        ("SECRET_KEY_BASE", "hunter2", True),
        ("SECRET_KEY_BASE_FILE", "hunter2", False),
        ("DbPwd", "hunter2", True),
        ("OLDPWD", "hunter2", False),
        ("cpwd", "hunter2", False),
        ("TF_TOKEN_app_terraform_io", "hunter2", True),
        ("AIRFLOW__CORE__FERNET_KEY", "aB3-" * 10 + "aB3=", True),
        ("FERNET_KEY", "the-name-of-it", False),
        ("DD_APP_KEY", "0123456789abcdef" * 2, True),
        ("KAGGLE_KEY", "0123456789abcdef" * 2, True),
        ("AZURE_STORAGE_KEY", "aB3/" * 21 + "aB==", True),
        ("STORAGE_KEY", "0123456789abcdef" * 2, False),
        ("AZURE_DEVOPS_EXT_PAT", "ab3d" * 13, True),
        ("AZURE_DEVOPS_EXT_PAT", "wxyz" * 13, False),
        ("FILE_PAT", "ab3d" * 13, False),
        ("DB_SECRET", "prod-db-credentials", False),
        ("DB_PASSWORD_SECRET", "prod/db2/password", False),
        ("DB_SECRET", "Prod-db-credentials", True),
        ("DB_SECRET", "prod-db-a1b2c3", True),
        ("DB_SECRET", "hunter2", True),
        ("DB_SECRET", "hunter", True),
        ("CREDS", "prod/db", False),
        ("CLIENT_SECRET", "prod/db/client", True),
        ("DB_PASSWORD", "correct-horse", True),
        ("TOKEN", "eos", False),
        ("NEXT_TOKEN", "start", False),
        ("NEXT_TOKEN", "startnow", True),
        ("NEXT_TOKEN", "start1", True),
        ("API_TOKEN", "start", True),
        ("DB_PASSWORD_PROD", "hunter2", True),
        ("API_KEY_2", "hunter2", True),
        ("apiKeyProd", "hunter2", False),
        ("STRIPE_SECRET_LIVE", "hunter2", True),
        ("PASSWORD_PROD", "Ref::password", False),
        ("PASSWORD_POLICY", "hunter2", False),
    ],
)
@pytest.mark.parametrize("place", ["variable", "parameter", "option"])
def test_a_name_says_that_its_value_is_secret(
    name: str, value: str, place: str, *, is_found: bool
) -> None:
    places: dict[str, dict[str, Any]] = {
        "variable": {"ContainerProperties": {"Environment": [{"Name": name, "Value": value}]}},
        "parameter": {"Parameters": {name: value}},
        "option": {"ContainerProperties": {"LogConfiguration": {"Options": {name: value}}}},
    }
    properties = places[place]

    assert messages(properties) == (
        [f'the value of "{name}" is in the template'] if is_found else []
    )


@pytest.mark.parametrize(
    ("name", "value", "is_found"),
    [
        ("db_password", "hunter2", True),
        ("example.com/db-password", "hunter2", True),
        ("db_password", {"Ref": "P"}, False),
        ("secret", "the-name-of-it", False),
        ("password-policy", "hunter2", False),
    ],
)
@pytest.mark.parametrize("place", ["Tags", "Labels", "Annotations"])
def test_a_tag_or_a_label_is_secret_by_its_name_where_that_names_nothing_else(
    name: str, value: Any, place: str, *, is_found: bool
) -> None:
    pod = {"PodProperties": {"Metadata": {place: {name: value}}}}
    properties = {"Tags": {name: value}} if place == "Tags" else {"EksProperties": pod}

    found = [one for one in check_resource(JOB, properties) if one.rule == "plaintext-secret"]

    assert [one.message for one in found] == ([NAMED.format(name)] if is_found else [])
    assert all(one.path.endswith(f"{place}/{name}") for one in found)


@pytest.mark.parametrize(
    "properties",
    [
        {"ContainerProperties": {"Secrets": "hunter2"}},
        {"ContainerProperties": {"Secrets": ["hunter2"]}},
        {"ContainerProperties": {"Environment": "hunter2"}},
        {"ContainerProperties": {"Environment": ["P=hunter2"]}},
        {"ContainerProperties": {"Environment": {"PASSWORD": "hunter2"}}},
        {"ContainerProperties": {"Environment": [{"Name": "PASSWORD", "Value": "hunter2"}]}},
        {"ContainerProperties": {"Command": "run --password hunter2"}},
        {"ContainerProperties": {"Command": ["run", "--password", "hunter2"]}},
        {"ContainerProperties": {"LogConfiguration": {"Options": "hunter2"}}},
        {"ContainerProperties": {"LogConfiguration": {"Options": {"splunk-token": "hunter2"}}}},
        {"Parameters": "hunter2"},
        {"Parameters": {"url": "https://u:hunter2@x"}},
        {"Parameters": {"dsn": "u:hunter2@tcp(db:3306)/x"}},
        {"Tags": {"password": "hunter2"}},
        {"ContainerProperties": {"Command": ["sh", "-c", "echo hunter2 | sudo -S x"]}},
    ],
)
def test_no_finding_shows_what_may_be_a_secret(properties: dict[str, Any]) -> None:
    found = check_resource(JOB, properties)

    assert found
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("db:\n  password: hunter2\n", True),
        ("db:\n  - 'password': 'hunter2'  # of the store\n", True),
        ("apiKey: Hunter-2xyz", True),
        ("db:\\n  password: hunter2\\n", True),
        ("machine x login u password hunter2", True),
        ("machine x\n  login u\n  account a\n  password hunter\n", True),
        ("machine x\\nlogin u\\npassword hunter\\n", True),
        ("users:\n- user:\n    token: aB3dE5gH7jK9mN1pQ3sT", True),
        ("users:\n- user:\n    token: aB3dE5gH7jK9mN1pQ3s", False),
        ("page:\n  token: the-name-of-the-next-page-2", False),
        ("db:\n  password: string\n", False),
        ("db:\n  password: ${PASSWORD}\n", False),
        ("db:\n  password: get_password(2)\n", False),
        ("db:\n  secretKey: db-key-v2\n", False),
        ("Enter the password: see2 below", False),
        ("password: hunter2 is no password", False),
        ("db:\n  password:\n    type: string\n", False),
        ("machine x login u password $PASSWORD", False),
        ("a machine learning password", False),
    ],
)
def test_a_password_in_the_text_of_a_file_of_settings_is_found(
    text: str,
    found: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert gives_a_credential(text) is found


GIVEN = 'a password or a token is in the value of "{}"'
NAMED = 'the value of "{}" is in the template'


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("JAVA_OPTS", "-Ddb.password=hunter2", GIVEN),
        ("URL", "jdbc:x://h/d?user=a&password=hunter2", GIVEN),
        ("CONFIG", '{"api_key": "hunter2"}', GIVEN),
        ("OPTIONS", "--password-file=x --passes=2 monkey=x", None),
        ("DB_PASSWORD", {"Fn::Sub": "hunter2${AWS::Region}"}, NAMED),
        ("DB_PASSWORD", {"Fn::Join": ["", ["hunter2", {"Ref": "P"}]]}, NAMED),
        ("DB_PASSWORD", {"Fn::Sub": "main-${P}-password"}, None),
        ("DB_PASSWORD", {"Fn::Sub": "database/${P}"}, None),
        ("DB_PASSWORD", {"Fn::Sub": "a${P}"}, None),
        ("DB_SECRET", {"Fn::Sub": "database-of-${P}"}, None),
    ],
)
@pytest.mark.parametrize("place", ["variable", "parameter", "option"])
def test_a_text_that_gives_a_password_is_found(
    name: str, value: Any, message: str | None, place: str
) -> None:
    places: dict[str, dict[str, Any]] = {
        "variable": {"ContainerProperties": {"Environment": [{"Name": name, "Value": value}]}},
        "parameter": {"Parameters": {name: value}},
        "option": {"ContainerProperties": {"LogConfiguration": {"Options": {name: value}}}},
    }

    assert messages(places[place]) == ([] if message is None else [message.format(name)])


DEFAULT = 'the value of "DB_PASSWORD" is in the template, as a parameter\'s default'
OPTION = "the password or token of an option is in the template"


@pytest.mark.parametrize(
    ("properties", "parameter", "found"),
    [
        ({"Environment": [{"Name": "DB_PASSWORD", "Value": {"Ref": "P"}}]}, {}, [DEFAULT]),
        ({"Environment": [{"Name": "DB_PASSWORD", "Value": {"Fn::Sub": "${P}"}}]}, {}, [DEFAULT]),
        ({"Environment": [{"Name": "DB_HOST", "Value": {"Ref": "P"}}]}, {}, []),
        ({"Environment": [{"Name": "DB_SECRET", "Value": {"Ref": "P"}}]}, {}, []),
        ({"Environment": [{"Name": "DB_PASSWORD", "Value": {"Ref": "P"}}]}, {"Default": ""}, []),
        ({"Environment": [{"Name": "DB_PASSWORD", "Value": {"Ref": "P"}}]}, {"NoEcho": True}, []),
        (
            {"Environment": [{"Name": "DB_PASSWORD", "Value": {"Ref": "P"}}]},
            {"Type": "AWS::SSM::Parameter::Value<String>"},
            [],
        ),
        ({"Command": ["run", "--password", {"Ref": "P"}]}, {}, [OPTION]),
        ({"Command": ["run", "--host", {"Ref": "P"}]}, {}, []),
    ],
)
def test_a_password_that_is_a_parameters_default_stands_in_the_template(
    properties: dict[str, Any], parameter: dict[str, Any], found: list[str]
) -> None:
    given = {"Type": "String", "Default": "hunter2", **parameter}
    job = {"Type": JOB, "Properties": {"ContainerProperties": properties}}

    seen = check_template({"Parameters": {"P": given}, "Resources": {"J": job}})

    assert [one.message for one in seen if one.rule == "plaintext-secret"] == found


@pytest.mark.parametrize(
    "default", ["ghp_" + B, "https://u:hunter2@x", "jdbc:x://h/d?user=a&password=hunter2", "main"]
)
@pytest.mark.parametrize(
    "properties",
    [
        {"Parameters": {"a": {"Ref": "P"}}},
        {"ContainerProperties": {"Command": ["run", {"Fn::Sub": "x ${P}"}]}},
        {"ContainerProperties": {"Environment": [{"Name": "DB_PASSWORD", "Value": {"Ref": "P"}}]}},
    ],
)
def test_a_credential_that_is_a_parameters_default_is_known_by_its_form(
    properties: dict[str, Any], default: str
) -> None:
    given = {"Type": "String", "Default": default}
    job = {"Type": JOB, "Properties": properties}

    seen = check_template({"Parameters": {"P": given}, "Resources": {"J": job}})

    found = [one.message for one in seen if one.rule == "plaintext-secret"]
    by_name = [DEFAULT] if "Environment" in str(properties) else []
    by_form = ["a credential is in the template, as the default of P"]
    assert found == (by_name if default == "main" else by_form)


@pytest.mark.parametrize(
    ("type_", "attribute", "is_secret"),
    [
        ("AWS::IAM::AccessKey", "SecretAccessKey", True),
        ("AWS::IAM::AccessKey", "Id", False),
        ("AWS::Cognito::UserPoolClient", "ClientSecret", True),
        ("AWS::AppSync::ApiKey", "ApiKey", True),
        ("AWS::S3::Bucket", "SecretAccessKey", False),
    ],
)
@pytest.mark.parametrize(
    "write", [lambda one: {"Fn::GetAtt": ["K", one]}, lambda one: {"Fn::Sub": f"x${{K.{one}}}"}]
)
def test_an_attribute_that_is_a_secret_is_written_into_the_job_definition(
    type_: str, attribute: str, write: Any, *, is_secret: bool
) -> None:
    variables = [{"Name": "A", "Value": write(attribute)}]
    job = {"Type": JOB, "Properties": {"ContainerProperties": {"Environment": variables}}}

    seen = check_template({"Resources": {"K": {"Type": type_}, "J": job}})

    told = f"K.{attribute}, which is a secret, is written into the job definition"
    found = [one.message for one in seen if one.rule == "secret-resolved"]
    assert found == ([told] if is_secret else [])


REFERENCE = "{{resolve:secretsmanager:db:SecretString:password}}"
RESOLVED = "a secret's value is written into the job definition"


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("{{resolve:secretsmanager:db:SecretString:password}}", "info"),
        ("x{{resolve:ssm-secure:/db/password}}", "error"),
        (
            {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "S"}, ":SecretString:::}}"]]},
            "info",
        ),
        ({"Fn::Sub": "{{resolve:secretsmanager:${S}:SecretString:::}}"}, "info"),
        ({"Fn::Join": ["", ["{{resol", "ve:secretsmanager:db:SecretString:p}}"]]}, "info"),
        ({"Fn::Join": [":", ["{{resolve", "secretsmanager", {"Ref": "S"}, "}}"]]}, "info"),
        ({"Fn::Join": ["secretsmanager", ["a {{resolve:", ":db}}"]]}, "info"),
        ({"Fn::Base64": {"Fn::Join": ["", ["{{resolve:ssm-", "secure:/p}}"]]}}, "error"),
        ({"Fn::Join": ["-", ["{{resolve:", "secretsmanager:db}}"]]}, None),
        ("{{resolve:ssm:/db/host}}", None),
    ],
)
@pytest.mark.parametrize("place", ["variable", "parameter", "command", "option"])
def test_a_secret_that_cloudformation_writes_is_told_and_a_secure_string_is_refused(
    value: Any, place: str, severity: str | None
) -> None:
    places: dict[str, dict[str, Any]] = {
        "variable": {"ContainerProperties": {"Environment": [{"Name": "A", "Value": value}]}},
        "parameter": {"Parameters": {"a": value}},
        "command": {"ContainerProperties": {"Command": ["run", value]}},
        "option": {"ContainerProperties": {"LogConfiguration": {"Options": {"a": value}}}},
    }
    properties = places[place]
    rules = ("secret-resolved", "secure-string-resolved")
    found = [one for one in check_resource(JOB, properties) if one.rule in rules]

    assert [one.severity for one in found] == ([severity] if severity else [])
    wheres = {
        "variable": "ContainerProperties/Environment/0/Value",
        "parameter": "Parameters/a",
        "command": "ContainerProperties/Command/1",
        "option": "ContainerProperties/LogConfiguration/Options/a",
    }
    assert {one.path for one in found} <= {f"Properties/{wheres[place]}"}
    assert [one.message for one in found if severity == "info"] == (
        [RESOLVED] if severity == "info" else []
    )


@pytest.mark.parametrize("also_a_parameter", [False, True])
def test_a_name_that_is_a_parameters_as_well_is_taken_for_the_parameters(
    *, also_a_parameter: bool
) -> None:
    """AWS Batch looks a bare name up in Parameter Store."""
    named = {"Properties": {"Name": "login"}}
    secrets = [{"Name": "A", "ValueFrom": "login"}]
    job = {"Type": "container", "ContainerProperties": {"Image": "i", "Secrets": secrets}}
    resources = {
        "Job": {"Type": JOB, "Properties": job},
        "Secret": {"Type": "AWS::SecretsManager::Secret", **named},
    }
    if also_a_parameter:
        resources["Parameter"] = {"Type": "AWS::SSM::Parameter", **named}

    found = [one.rule for one in check_template({"Resources": resources})]

    assert ("secret-by-name" in found) is not also_a_parameter


@jsii.implements(cdk.IStableStringProducer)
class Late:
    """What is known at the end of the synthesis only."""

    def produce(self) -> str:
        """Fail where it is asked too early."""
        raise AssertionError("it was resolved as the construct was made")


SECTIONS: dict[str, Any] = {
    "Parameters": {
        "Hidden": {"Type": "String", "NoEcho": True},
        "Also": {"Type": "String", "NoEcho": "true", "Default": "x"},
        "Shown": {"Type": "String", "Default": "{{resolve:ssm:/host}}"},
        "Spelt": {"Type": "String", "NoEcho": "false", "Default": "secretsmanager"},
        "Given": {"Type": "String", "Default": REFERENCE},
    },
    "Mappings": {"M": {"a": {"b": REFERENCE}}},
    "Conditions": {"C": {"Fn::Equals": [{"Ref": "Shown"}, "y"]}},
}
HIDDEN = "the value of Hidden, which is NoEcho, is written into the job definition"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Hidden"}, HIDDEN),
        ({"Ref": "Also"}, HIDDEN.replace("Hidden", "Also")),
        ({"Fn::Sub": "a${Hidden}"}, HIDDEN),
        ({"Fn::Sub": ["a${X}", {"X": {"Ref": "Hidden"}}]}, HIDDEN),
        ({"Fn::Join": ["", ["a", {"Fn::Join": ["-", ["b", {"Ref": "Hidden"}]]}]]}, HIDDEN),
        ({"Fn::If": ["C", {"Fn::Sub": "${Hidden}"}, "b"]}, HIDDEN),
        ({"Fn::If": ["C", "a", {"Fn::Sub": "${Hidden}"}]}, HIDDEN),
        ({"Fn::Base64": {"Ref": "Hidden"}}, HIDDEN),
        ({"Fn::Sub": ["a${Hidden}", {"Hidden": "b"}]}, None),
        ({"Ref": "Shown"}, None),
        ({"Ref": "Spelt"}, None),
        ({"Ref": "Given"}, RESOLVED),
        ({"Fn::Sub": "a${Given}"}, RESOLVED),
        ({"Fn::FindInMap": ["M", "a", "b"]}, RESOLVED),
        ({"Fn::Sub": "{{resolve:${Spelt}:db}}"}, RESOLVED),
        ({"Fn::Sub": ["{{resolve:${X}:db}}", {"X": {"Ref": "Spelt"}}]}, RESOLVED),
        ({"Fn::Join": [":", ["{{resolve", {"Ref": "Spelt"}, "db}}"]]}, RESOLVED),
        (
            {"Fn::Join": ["", ["{{", {"Fn::Join": [":", ["resolve", {"Ref": "Spelt"}]]}, ":db}}"]]},
            RESOLVED,
        ),
        ({"Fn::Select": [1, ["a", {"Fn::Sub": "${Given}"}]]}, RESOLVED),
        ({"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Given"}]}]}, RESOLVED),
    ],
)
@pytest.mark.parametrize("place", ["Environment", "Command", "Parameters"])
def test_a_secret_that_functions_put_together_is_found(
    value: Any, message: str | None, place: str
) -> None:
    properties: dict[str, Any] = {
        "Environment": {"ContainerProperties": {"Environment": [{"Name": "A", "Value": value}]}},
        "Command": {"ContainerProperties": {"Command": ["run", value]}},
        "Parameters": {"Parameters": {"a": value}},
    }[place]
    template = {**SECTIONS, "Resources": {"J": {"Type": JOB, "Properties": properties}}}

    found = [one for one in check_template(template) if one.rule == "secret-resolved"]

    assert [one.message for one in found] == ([] if message is None else [message])
    assert all(one.path.startswith("Properties/") and "Fn::" not in one.path for one in found)


def test_a_secret_that_functions_put_into_a_submission_is_found() -> None:
    input_ = {"Fn::Sub": '{"Parameters": {"a": "${Hidden}"}}'}
    target = {"Id": "a", "Arn": "a", "RoleArn": "r", "BatchParameters": {}, "Input": input_}
    rule = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [target]}}

    found = check_template({**SECTIONS, "Resources": {"R": rule}})

    assert [
        (one.path, one.message) for one in found if one.rule == "submitted-secret-resolved"
    ] == [
        (
            "Properties/Targets/0/Input",
            "the value of Hidden, which is NoEcho, is written into the submission",
        )
    ]


class TestConstructors:
    """What a template would be refused for is refused at the line that gives it."""

    @pytest.mark.parametrize("parameter", ["environment", "parameters", "command"])
    @pytest.mark.parametrize(
        "form", ["value", "unwrapped", "part", "secure", "plain", "written", "attribute"]
    )
    def test_a_secrets_value_is_refused(self, parameter: str, form: str, stack: cdk.Stack) -> None:
        secret = secretsmanager.Secret(stack, "Secret")
        value: Any = {
            "value": secret.secret_value,
            "unwrapped": secret.secret_value.unsafe_unwrap(),
            "part": "postgres://u:" + secret.secret_value_from_json("p").unsafe_unwrap() + "@db",
            "secure": cdk.SecretValue.ssm_secure("/p").unsafe_unwrap(),
            "plain": cdk.SecretValue.unsafe_plain_text("hunter2"),
            "written": "{{resolve:secretsmanager:db}}",
            "attribute": iam.CfnAccessKey(stack, "Key", user_name="u").attr_secret_access_key,
        }[form]
        given = {"command": ["run", value]} if parameter == "command" else {parameter: {"P": value}}

        with pytest.raises(ValueError, match=rf"{parameter}.*secret") as refused:
            definition(stack, **given)
        assert "secrets" in str(refused.value)
        assert "hunter2" not in str(refused.value)

    @pytest.mark.parametrize("form", ["value", "unwrapped", "part", "of the parameter"])
    @pytest.mark.parametrize("place", ["environment", "parameters", "command"])
    def test_the_value_of_a_parameter_that_is_not_shown_is_refused(
        self, form: str, place: str, stack: cdk.Stack
    ) -> None:
        parameter = cdk.CfnParameter(stack, "Password", no_echo=True)
        secret = cdk.SecretValue.cfn_parameter(parameter)
        value: Any = {
            "value": secret,
            "unwrapped": secret.unsafe_unwrap(),
            "part": f"a{parameter.value_as_string}b",
            "of the parameter": parameter.value_as_string,
        }[form]
        given: dict[str, Any] = {place: ["run", value] if place == "command" else {"P": value}}

        with pytest.raises(ValueError, match=r"is the value of a secret.*secrets="):
            definition(stack, **given)

    def test_the_value_of_a_parameter_that_is_shown_is_admitted(self, stack: cdk.Stack) -> None:
        shown = cdk.CfnParameter(stack, "Host").value_as_string
        definition(stack, environment={"A": shown}, command=["run", f"a{shown}b"])

    @pytest.mark.parametrize("kind", ["secret", "parameter"])
    def test_a_submissions_environment_holds_no_secrets_value(
        self, kind: str, stack: cdk.Stack
    ) -> None:
        secret = secretsmanager.Secret(stack, "Secret")
        parameter = cdk.CfnParameter(stack, "Password", no_echo=True)
        kinds = {
            "secret": secret.secret_value,
            "parameter": cdk.SecretValue.cfn_parameter(parameter),
        }
        overrides = bc.SubmissionOverrides(environment={"P": kinds[kind].unsafe_unwrap()})
        queue = bc.JobQueue.from_job_queue_arn(
            stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/q"
        )

        with pytest.raises(ValueError, match=r'overrides\.environment\["P"\] is the value of a'):
            bc.ScheduleTrigger(
                stack,
                "Nightly",
                schedule="rate(1 day)",
                queue=queue,
                job_definition=definition(stack),
                overrides=overrides,
            )

    def test_other_tokens_are_admitted(self, stack: cdk.Stack) -> None:
        host = ssm.StringParameter.value_for_string_parameter(stack, "/db/host")
        late = cdk.Lazy.string(Late())
        definition(
            stack,
            environment={
                "A": s3.Bucket(stack, "Bucket").bucket_name,
                "B": host,
                "C": late,
                "D": iam.CfnAccessKey(stack, "Key", user_name="u").ref,
            },
        )

    @pytest.mark.parametrize(
        "secrets", ["hunter2", {"P": "hunter2"}, {"P": ["hunter2"]}, {"hunter2": "P"}]
    )
    def test_what_may_be_a_secret_is_not_shown(self, secrets: Any, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError) as refused:
            definition(stack, secrets=secrets)

        assert "hunter2" not in str(refused.value)

    @pytest.mark.parametrize("name", ["DB_PASSWORD", "A", "_X9"])
    def test_the_name_of_a_variable_is_shown(self, name: str, stack: cdk.Stack) -> None:
        with pytest.raises(TypeError, match=rf'secrets\["{name}"\] is str'):
            definition(stack, secrets={name: "hunter2"})


def test_a_long_text_is_searched_in_time_that_grows_with_its_length() -> None:
    """Four times the text may take four times as long, and a little; not sixteen times."""
    others = (
        "-a=pw",
        "pwd=$",
        '"password":"$',
        "X-a-Key: ",
        "curl -u a:$ ",
        "&sig=%2b",
        "a:",
        "a:b@tc",
    )
    piped = ("echo a|sudo -S", "a<<<$ --password-stdin ", "sudo sudo -S <<< ")
    for beginning in (
        *("eyJ", "a.", "--password", "ab-cd-", "http://a:", "xoxb-", "-----BEGIN A "),
        *others,
        *piped,
    ):
        slow = elapsed(beginning * (96_000 // len(beginning)))
        fast = elapsed(beginning * (24_000 // len(beginning)))

        assert slow < 9 * max(fast, 0.002), beginning


def elapsed(text: str) -> float:
    properties = {"ContainerProperties": {"Command": ["run", text]}}
    times = []
    for _ in range(3):
        start = time.process_time()
        messages(properties)
        times.append(time.process_time() - start)
    return min(times)


def messages(properties: dict[str, Any]) -> list[str]:
    found = check_resource(JOB, properties)
    return [one.message for one in found if one.rule == "plaintext-secret"]


def definition(stack: cdk.Stack, **given: Any) -> bc.FargateJobDefinition:
    size = cdk.Size.gibibytes(2)
    return bc.FargateJobDefinition(stack, "Job", image="busybox", vcpus=1, memory=size, **given)


@pytest.mark.parametrize("one", CREDENTIALS, ids=lambda one: one.noun)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=strategies.data())
def test_whatever_has_the_form_of_a_credential_has_one_of_its_signs(
    one: Credential, data: strategies.DataObject
) -> None:
    """What has none is not looked at."""
    text = data.draw(strategies.from_regex(one.pattern))
    found = re.search(one.pattern, text)

    assert found is not None
    assert any(sign in found.group() for sign in one.signs)
