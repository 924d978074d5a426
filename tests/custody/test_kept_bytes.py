"""What was received comes out byte for byte; what a stranger reads of it at rest is nothing."""

from tests.house import HouseRun

PATIENT = (
    '{"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient"},'
    '"request":{"method":"POST","url":"Patient"}}'
)
LAB = '"resourceType":"Observation","status":"final","subject":{"reference":"urn:uuid:p"}'
ODD = {
    "a number's zeros": "{" + LAB + ',"code":{"text":"x"},"valueQuantity":{"value":1.00}}',
    "an exponent": "{" + LAB + ',"code":{"text":"x"},"valueQuantity":{"value":1.50e2}}',
    "white space": "{\n\t " + LAB + ' ,\r\n  "code" : { "text":"x" } }',
    "escapes": "{" + LAB + r',"code":{"text":"\u00e9\/\ud83d\ude00"}}',
    "other scripts": "{" + LAB + ',"code":{"text":"血糖 é e\u0301 \u202ename\u200b \U0001f600"}}',
    "keys in another order": '{"code":{"text":"x"},' + LAB + "}",
}


def test_it_gives_back_the_bytes_it_was_given(house: HouseRun) -> None:
    entries = [
        f'{{"fullUrl":"urn:uuid:{at}","resource":{raw},'
        '"request":{"method":"POST","url":"Observation"}}'
        for at, raw in enumerate(ODD.values())
    ]
    bundle = ",".join([PATIENT, *entries])
    raw = f'{{"resourceType":"Bundle","type":"transaction","entry":[{bundle}]}}'
    sent = house.send_raw(raw.encode(), house.engine)
    assert sent.refusals == []
    house.admit(sent.charts[0])
    opened = house.open(house.login("aiko"), sent.charts[0])
    came = [entry.raw.decode() for entry in opened.entries if entry.header.kind == "Observation"]
    assert came == list(ODD.values())
