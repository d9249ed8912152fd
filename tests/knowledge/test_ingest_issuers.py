"""发文机关: every text says who issued it, in its signature, the lines under its title, or the title itself."""

import pytest

from knowledge_base.ingest.authority import Issued, issuers, presumed_issuer
from knowledge_base.ingest.statute import parse_statute
from knowledge_base.types import NATION

pytestmark = pytest.mark.unit

COMMITTEE = "全国人民代表大会常务委员会"
CONGRESS = "全国人民代表大会"
COURT = "最高人民法院"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["2021年8月20日 第十三届全国人民代表大会常务委员会第三十次会议通过"], (COMMITTEE,)),
        (["（2007年6月29日第十届全国人大常委会第二十八次会议通过）"], (COMMITTEE,)),
        (
            [
                "1989年4月4日 第七届全国人民代表大会第二次会议通过",
                "2017年6月27日 第十二届全国人民代表大会常务委员会第二十八次会议《关于修改〈甲法〉的决定》第二次修正",
            ],
            (CONGRESS,),
        ),
        (["2003年4月27日 中华人民共和国国务院令第375号公布"], ("国务院",)),
        (["2006年12月8日 国务院第159次常务会议通过"], ("国务院",)),
        (["2011年3月21日 最高人民法院审判委员会第1515次会议通过"], (COURT,)),
        (["2022年2月25日 中共中央、国务院发布"], ("中共中央", "国务院")),
        (["2003年1月2日 国务院批准", "2003年2月3日 公安部、司法部令第7号发布"], ("公安部", "司法部")),
        (["自2021年1月1日起施行"], ()),
    ],
)
def test_are_those_who_passed_or_decreed_a_national_text(lines: list[str], expected: tuple[str, ...]) -> None:
    assert issuers(Issued(title="某某规定", enacted=lines), place=NATION) == expected


def test_of_a_place_are_its_own_and_not_who_approved_its_rule() -> None:
    passed = [
        "2019年10月29日常州市第十六届人民代表大会常务委员会第二十三次会议通过",
        "2019年11月29日江苏省第十三届人民代表大会常务委员会第十二次会议批准",
    ]
    said = Issued(title="常州市法律援助条例", enacted=passed)
    assert issuers(said, place="320400") == ("常州市人民代表大会常务委员会",)
    decreed = Issued(title="常州市某某办法", enacted=["2016年3月1日常州市人民政府令第12号公布"])
    assert issuers(decreed, place="320400") == ("常州市人民政府",)


def test_stand_in_the_title_where_no_line_names_them() -> None:
    both = Issued(title="最高人民法院、最高人民检察院关于办理某某案件适用法律若干问题的解释")
    assert issuers(both, place=NATION) == (COURT, "最高人民检察院")


def test_who_signed_comes_before_every_other() -> None:
    said = Issued(title="最高人民法院关于某事的规定", signed=("最高人民法院", "司法部"), hosted=("国家能源局",))
    assert issuers(said, place=NATION) == (COURT, "司法部")


def test_a_national_regulation_that_names_nobody_is_the_state_councils_and_its_owner_is_told() -> None:
    parsed = parse_statute("# 保障农民工工资支付条例\n\n<!-- INFO END -->\n\n第一条 甲。\n\n第二条 乙。", name="条例")
    assert parsed.documents[0].issuer == "国务院"
    assert any("发文机关未写明" in note.text for note in parsed.notes)
    assert presumed_issuer("高平市法律援助条例", place="140581") is None
    assert presumed_issuer("中国人民解放军文职人员条例", place=NATION) is None
    assert presumed_issuer("值班补助办法", place=NATION) is None
