"""What is a question while something else is open, and what only sounds like one."""

import pytest

from actions.asking import asks

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said",
    [
        "要几天",
        "律师费谁出",
        "那没签合同呢",
        "能不能现在就办",
        "在哪办",
        "这得多久",
        "为啥要问这个",
        "行不行",
        "收费吗",
        "怎么还没回",
    ],
)
def test_asks(said: str) -> None:
    assert asks(said)


@pytest.mark.parametrize(
    "said",
    [
        "啥救助也没有",
        "可以打 别提什么事",
        "什么时候都行",
        "几点都可以",
        "谁也没管过",
        "欠了三个月",
        "我还没拿到钱呢",
        "明天上午",
        "哪怕少给点",
    ],
)
def test_does_not_ask(said: str) -> None:
    assert not asks(said)
