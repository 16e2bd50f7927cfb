"""What commands say of their results, in both languages; help and errors are in English (ADR 0042)."""

from __future__ import annotations

from collections.abc import Mapping

from reports.notation import Language
from reports.spoken import Both, Spoken


class Empty(Spoken):
    """Why an answer has no rows."""

    nothing = Both("no rows", "nenhuma linha")
    no_portfolio = Both(
        "no rows: the lake has no index yet; it comes with the first portfolio that is refined",
        "nenhuma linha: o lake ainda não tem índice; ele vem com a primeira carteira refinada",
    )
    no_index = Both(
        "no rows: the lake has no {index}; it has {known}",
        "nenhuma linha: o lake não tem {index}; tem {known}",
    )
    before_first = Both(
        "no rows: the lake has no session of {index} on or before {day}, the first is {first}",
        "nenhuma linha: o lake não tem pregão do {index} até {day}, o primeiro é {first}",
    )
    after_last = Both(
        "no rows: the lake has no session of {index} since {day}, the last is {last}",
        "nenhuma linha: o lake não tem pregão do {index} desde {day}, o último é {last}",
    )
    no_quotes = Both("no rows: the lake has no quotes yet", "nenhuma linha: o lake ainda não tem cotações")
    no_quotes_until = Both(
        "no rows: the lake has no quotes on or before {day}",
        "nenhuma linha: o lake não tem cotações até {day}",
    )
    session_without_quotes = Both(
        "no rows: there are no quotes of {day} yet, the session of {index} that was asked for",
        "nenhuma linha: ainda não há cotações de {day}, o pregão do {index} que foi pedido",
    )
    no_ticker = Both("no rows: {ticker} is not in {index}", "nenhuma linha: {ticker} não está no {index}")
    near = Both("; there are {near}", "; há {near}")
    renamed = Both(
        "no rows: {ticker} goes by {today} today, ask for that",
        "nenhuma linha: {ticker} hoje se chama {today}, pergunte por ele",
    )
    nobody_moved = Both(
        "no rows: nobody entered or left {index} from {first} to {last}",
        "nenhuma linha: ninguém entrou no {index} nem saiu de {first} a {last}",
    )
    one_session = Both(
        "no rows: {first} is the only session of {index} up to then, and two are compared",
        "nenhuma linha: {first} é o único pregão do {index} até então, e comparam-se dois",
    )
    few_returns = Both(
        "no rows: no member of {index} has 21 returns from {first} to {last}",
        "nenhuma linha: nenhum membro do {index} tem 21 retornos de {first} a {last}",
    )
    no_theoretical = Both(
        "no rows: no theoretical portfolio of {index} was captured since the last rebalancing",
        "nenhuma linha: nenhuma carteira teórica do {index} foi coletada desde o último rebalanceamento",
    )
    no_trades = Both("no rows: no trades in that span", "nenhuma linha: não há negócios nesse período")


class Standing(Spoken):
    """How a stack is: `bovespa status`. ``names`` are the headings of lines, ``states`` those of runs and services."""

    names: Both[Mapping[str, str]] = Both(
        {},
        {
            "stack": "stack",
            "raw": "raw",
            "job": "job",
            "quarantine": "quarentena",
            "alarms": "alarmes",
            "stream": "stream",
            "schedule": "agenda",
        },
    )
    states: Both[Mapping[str, str]] = Both(
        {},
        {
            "SUCCEEDED": "bem-sucedido",
            "FAILED": "falhou",
            "TIMEOUT": "passou do tempo",
            "STOPPED": "parado",
            "STOPPING": "parando",
            "STARTING": "começando",
            "RUNNING": "em execução",
            "WAITING": "esperando",
            "ERROR": "com erro",
            "EXPIRED": "expirou na fila",
            "ACTIVE": "ativo",
            "CREATING": "sendo criado",
            "DELETING": "sendo apagado",
            "ENABLED": "ligada",
            "DISABLED": "desligada",
        },
    )
    embedded = Both("embedded", "embutida")
    located = Both("{stack} in {region}", "{stack} em {region}")
    nothing_yet = Both("nothing yet", "nada ainda")
    never_ran = Both("never ran", "nunca rodou")
    objects = Both("{count} objects", "{count} objetos")
    objects_or_more = Both("{count} objects or more", "{count} objetos ou mais")
    the_last = Both(", the last is {key}", ", o último é {key}")
    none_rings = Both("none rings", "nenhum disparado")
    tasks = Both(
        "{running} of {desired} tasks run, Firehose is {delivery}",
        "{running} de {desired} tarefas rodam, o Firehose está {delivery}",
    )


class Examined(Spoken):
    """What `bovespa doctor` sees, and what to do about it."""

    names: Both[Mapping[str, str]] = Both(
        {},
        {
            "pulumi": "pulumi",
            "region": "região",
            "credentials": "credenciais",
            "rights": "permissões",
            "roles": "papéis do IAM",
            "layer": "camada",
            "quotas": "cotas",
            "database": "banco",
        },
    )
    cli_missing = Both("not on PATH", "não está no PATH")
    cli_install = Both(
        "install it: https://www.pulumi.com/docs/install",
        "instale: https://www.pulumi.com/docs/install",
    )
    cli_broken = Both("{path} does not run: {reason}", "{path} não roda: {reason}")
    cli_anew = Both("install it anew", "instale de novo")
    region_missing = Both("none is configured", "nenhuma configurada")
    region_set = Both(
        "set aws:region in the stack's configuration, or AWS_REGION",
        "ponha aws:region na configuração da stack, ou AWS_REGION",
    )
    sign_in = Both(
        "sign in: `aws configure`, `aws sso login`, or paste the lab's keys into ~/.aws/credentials",
        "entre: `aws configure`, `aws sso login`, ou cole as chaves do laboratório em ~/.aws/credentials",
    )
    account = Both("account {account} as {arn}", "conta {account} como {arn}")
    root = Both("the account's root may do everything", "o root da conta pode tudo")
    allowed = Both("{actions} allowed", "{actions} permitidas")
    denied = Both("{actions} denied", "{actions} negadas")
    rights_ask = Both("ask the account's administrator for them", "peça-as a quem administra a conta")
    roles_ready = Both(
        "deploy with a role that is there: Pulumi.lab.yaml and existingRoleArn (README, 'A student's "
        "account')",
        "use um papel que já existe: Pulumi.lab.yaml e existingRoleArn (README, 'Uma conta de estudante')",
    )
    rights_show = Both("whether they are there shows with `pulumi up`", "se existem, mostra o `pulumi up`")
    layer_other = Both(
        "name another with pandasLayerArn if `pulumi up` can't find it",
        "aponte outra com pandasLayerArn se o `pulumi up` não a encontrar",
    )
    concurrency = Both("{limit} concurrent Lambda executions", "{limit} execuções simultâneas do Lambda")
    concurrency_ask = Both(
        "ask for at least {least} (Service Quotas, L-B99A9384)",
        "peça ao menos {least} (Service Quotas, L-B99A9384)",
    )
    database_will_be = Both("default is not there and will be made", "default não existe e será criado")
    database_missing = Both("default is not there", "default não existe")
    database_there = Both("default is there", "default existe")
    database_twice = Both(
        "default is there already, and the stack would make it",
        "default já existe, e a stack o criaria",
    )
    hidden = Both("can't be looked at: {reason}", "não dá para ver: {reason}")


class Words(Spoken):
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self.empty, self.standing, self.examined = Empty(language), Standing(language), Examined(language)

    one_row = Both("1 row", "1 linha")
    rows = Both("{count} rows", "{count} linhas")
    scanned = Both("{bytes} bytes scanned", "{bytes} bytes lidos")
    written = Both("{rows} in {file}", "{rows} em {file}")
    page = Both("The page is {page}", "A página é {page}")
    of_the_stream = Both(
        "Of the Bitcoin stream; with --last 15m, or --since and --until, --exchange and --symbol:",
        "Do stream de Bitcoin; com --last 15m, ou --since e --until, --exchange e --symbol:",
    )
    traded_by_session = Both("Traded by session (R$)", "Negociado por pregão (R$)")
    demonstrated = Both(
        "{seconds} s in all; the report is {page}",
        "{seconds} s ao todo; o relatório é {page}",
    )


EN, PT_BR = Words(Language.EN), Words(Language.PT_BR)


def words(language: Language) -> Words:
    """The words of a language."""
    return PT_BR if language is Language.PT_BR else EN
