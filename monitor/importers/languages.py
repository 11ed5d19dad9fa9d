"""A line's foreign field terms in English, so that one grammar reads the logs of all languages."""

from __future__ import annotations

import re
import unicodedata

from monitor.importers.free_text.shape import by_shape
from monitor.importers.vocabulary import words

_LANGUAGES = {
    "German": (
        "epoche=epoch, epochen=epochs, schritt=step, verlust=loss, trainingsverlust=train loss, "
        "validierungsverlust=val loss, testverlust=test loss, validierung=val, genauigkeit=accuracy, "
        "trainingsgenauigkeit=train accuracy, validierungsgenauigkeit=val accuracy, lernrate=lr, trainings=train, "
        "validierungs=val, testgenauigkeit=test accuracy, wortfehlerrate=wer, fehlerrate=error_rate, von=of, "
        "mittlerer=mean, mittlere=mean, durchschnittlicher=mean, durchschnittliche=mean, "
        "bester=best, beste=best, bestes=best, bisher=best, länge=length"
    ),
    "French": (
        "epoque=epoch, etape=step, perte=loss, entrainement=train, apprentissage=train, precision=accuracy, "
        "exactitude=accuracy, taux d'apprentissage=lr, sur=of, taux d'erreur de mots=wer, "
        "moyenne=mean, moyen=mean, meilleur=best, meilleure=best"
    ),
    "Spanish": (
        "epoca=epoch, paso=step, perdida=loss, entrenamiento=train, ent=train, validacion=val, prueba=test, "
        "exactitud=accuracy, tasa de aprendizaje=lr, iteracion=iter, "
        "promedio=mean, media=mean, mejor=best"
    ),
    "Portuguese": (
        "passo=step, perda=loss, treinamento=train, treino=train, validacao=val, teste=test, acuracia=accuracy, "
        "precisao=accuracy, taxa de aprendizado=lr, iteracao=iter, "
        "media=mean, medio=mean, melhor=best"
    ),
    "Italian": (
        "perdita=loss, addestramento=train, allenamento=train, validazione=val, convalida=val, "
        "accuratezza=accuracy, tasso di apprendimento=lr, iterazione=iter, "
        "media=mean, medio=mean, migliore=best, miglior=best"
    ),
    "Dutch": (
        "tijdperk=epoch, epoche=epoch, stap=step, verlies=loss, trainingsverlies=train loss, validatieverlies=val "
        "loss, testverlies=test loss, trainingsnauwkeurigheid=train accuracy, validatienauwkeurigheid=val accuracy, "
        "testnauwkeurigheid=test accuracy, validatie=val, nauwkeurigheid=accuracy, leersnelheid=lr, van=of, "
        "gemiddelde=mean, gemiddeld=mean, beste=best"
    ),
    "Polish": (
        "epoka=epoch, krok=step, strata=loss, straty=loss, treningowa=train, treningu=train, trening=train, "
        "uczenia=train, walidacyjna=val, walidacji=val, walidacja=val, dokładnosc=accuracy, dokladnosc=accuracy, "
        "zbiorze=, zbior=, testowa=test, testowy=test, testowym=test, testowej=test, tescie=test, "
        "treningowym=train, treningowej=train, "
        "walidacyjnym=val, walidacyjnej=val, epoki=epoch, epoce=epoch, dokladnosci=accuracy, dokładnosci=accuracy, "
        "treningowy=train, walidacyjny=val, z=of, "
        "srednia=mean, sredni=mean, najlepsza=best, najlepszy=best"
    ),
    "Turkish": (
        "donem=epoch, devir=epoch, adim=step, adım=step, kayip=loss, kayıp=loss, kaybi=loss, kaybı=loss, "
        "egitim=train, dogrulama=val, dogruluk=accuracy, dogrulugu=accuracy, ogrenme orani=lr, ogrenme oranı=lr, "
        "ortalama=mean, en iyi=best"
    ),
    "Vietnamese": (
        "mat mat=loss, ton that=loss, huan luyen=train, kiem dinh=val, kiem tra=test, xac thuc=val, do chinh "
        "xac=accuracy, buoc=step, vong=epoch, ky nguyen=epoch, "
        "trung binh=mean, tot nhat=best"
    ),
    "Russian": (
        "эпоха=epoch, эпохи=epoch, эпох=epochs, шаг=step, итерация=iter, потери=loss, потеря=loss, лосс=loss, "
        "ошибка=loss, обучение=train, обучения=train, обучении=train, обучающая=train, тренировка=train, "
        "тренировки=train, трейн=train, валидация=val, валидации=val, валидационная=val, валидационные=val, "
        "проверка=val, проверки=val, проверке=val, тест=test, тесте=test, теста=test, точность=accuracy, "
        "скорость обучения=lr, из=of, "
        "выборке=, выборка=, наборе=, эпоху=epoch, эпохе=epoch, итерации=iter, тренировке=train, "
        "обучающей=train, тренировочной=train, "
        "валидационной=val, проверочной=val, тестовая=test, тестовой=test, тестовые=test, точности=accuracy, "
        "ошибки=loss, тренировочные=train, обучающие=train, тренировочная=train, функция потерь=loss, потерь=loss, "
        "финальная оценка=final, итоговая оценка=final, порог=threshold, порогом=threshold, "
        "остановлен после=stopped after, "
        "средние=mean, средняя=mean, средний=mean, среднее=mean, лучшая=best, лучший=best, лучшее=best, лучшие=best"
    ),
    "Ukrainian": (
        "епоха=epoch, епохи=epoch, крок=step, втрати=loss, втрата=loss, навчання=train, навчальна=train, "
        "тренування=train, валідація=val, валідації=val, валідаційна=val, перевірка=val, точність=accuracy, з=of, "
        "навчальні=train, валідаційні=val, вибірці=, вибірка=, наборі=, епоху=epoch, ітерація=iter, "
        "помилка=loss, помилки=loss, втрат=loss, "
        "навчанні=train, навчальній=train, тренуванні=train, валідаційній=val, перевірці=val, тест=test, тесту=test, "
        "тесті=test, тестова=test, тестовій=test, точності=accuracy, "
        "середні=mean, середня=mean, середній=mean, середнє=mean, найкраща=best, найкращий=best, найкраще=best"
    ),
    "Chinese": (
        "训练=train, 訓練=train, 验证=val, 驗證=val, 测试=test, "
        "測試=test, 评估=eval, 評估=eval, 损失=loss, 損失=loss, "
        "损失值=loss, 损失函数=loss, 準確率=accuracy, 准确率=accuracy, "
        "正确率=accuracy, 正確率=accuracy, 精度=accuracy, "
        "准确度=accuracy, 轮次=epoch, 輪次=epoch, 轮数=epoch, "
        "周期=epoch, 週期=epoch, 迭代=iter, 步数=step, 步數=step, "
        "步骤=step, 批次=batch, 步=step, 学习率=lr, 學習率=lr, "
        "字错误率=cer, 字错率=cer, 词错误率=wer, 词错率=wer, 字錯率=cer, "
        "詞錯率=wer, 平均=avg, 训练集=train, 验证集=val, 测试集=test, "
        "訓練集=train, 驗證集=val, 測試集=test, 最佳=best, 最好=best, 最优=best, 最優=best, 最低=min, 最高=max, "
        "用时=time, 耗时=time, 共=of, 世代=epoch"
    ),
    "Japanese": (
        "エポック=epoch, ステップ=step, 学習=train, 学習時=train, "
        "訓練=train, 検証=val, 評価=eval, テスト=test, 損失=loss, "
        "ロス=loss, 精度=accuracy, 正解率=accuracy, 単語誤り率=wer, "
        "文字誤り率=cer, 時間=time, データ=data, の=, "
        "平均=mean, 最良=best, 最高=best, ベスト=best, 最小=min"
    ),
    "Korean": (
        "에포크=epoch, 에폭=epoch, 스텝=step, 단계=step, 훈련=train, "
        "학습=train, 학습률=lr, 검증=val, 평가=eval, 테스트=test, "
        "손실=loss, 손실값=loss, 정확도=accuracy, 단어 오류율=wer, "
        "시간=time, "
        "평균=mean, 최고=best, 최적=best, 최소=min"
    ),
    "Arabic": (
        "الحقبة=epoch, حقبة=epoch, العصر=epoch, الدورة=epoch, دورة=epoch, خطوة=step, الخطوة=step, خسارة=loss, "
        "الخسارة=loss, فقدان=loss, التدريب=train, تدريب=train, التحقق=val, تحقق=val, الاختبار=test, اختبار=test, "
        "الدقة=accuracy, دقة=accuracy, من=of, معدل التعلم=lr, "
        "متوسط=mean, أفضل=best"
    ),
}
"""Language → its words as people write them (Latin ones without accents) = the English word."""
ENGLISH = {language: dict(word.split("=") for word in words.split(", ")) for language, words in _LANGUAGES.items()}


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    plain = "".join(letter for letter in parts if not "\u0300" <= letter <= "\u036f")
    return unicodedata.normalize("NFC", plain).replace("đ", "d").replace("ı", "i")


_FILLERS = re.compile(
    r"\b(?:d|de|del|della|delle|di|da|do|du|des|la|le|les|der|die|das|des|na|para|en|em|op|na|w|на|при|по|в)\b['’]?"
    r"|\b(?:no|nos|nella?|sulla?|sul|im|beim|al)\b(?= (?:train|val|test)\b)"
)
_SPACELESS = ("Chinese", "Japanese", "Korean")
_WORDS = {
    _folded(word): english
    for name, words in ENGLISH.items()
    if name not in _SPACELESS
    for word, english in words.items()
}
_COMMON = words("ent, media, medio, beste, moyen, precision, sur, von, van, z, из, з, من, strata, vong")
"""Words that mean something else in an English line, or join others: read only beside another foreign word."""
_SIGNS = {_folded(word): english for name in _SPACELESS for word, english in ENGLISH[name].items()}


def _any_of(words: dict[str, str] | list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_LATIN = re.compile(rf"(?<![^\W_])(?:[dl]['’])?({_any_of(_WORDS)})(?![^\W_])")
_CERTAIN = re.compile(
    rf"(?<![^\W_])(?:[dl]['’])?(?:{_any_of([each for each in _WORDS if each not in _COMMON])})(?![^\W_])"
)
_SIGN = re.compile(_any_of(_SIGNS))
_ORDINAL_SIGN = re.compile(
    r"第\s*(\d+(?:\s*/\s*\d+)?)\s*(?:个|個)?\s*(?:轮|輪|epoch|回)|(?<![\d.一-鿿])(\d+)\s*(?:轮|輪|エポック目)",
    re.IGNORECASE,
)
_PHRASES = re.compile(
    r"(?i)\b(?:(?:word[ _]error[ _]rate)|((?:char(?:acter)?|letter)[ _]error[ _]rate)|(learning[ _]rate)"
    r"|(perplexity|ppl))\b"
)
_MARKS_OF_ARABIC = {ord("٫"): ".", ord("٪"): "%", ord("،"): ",", **{0x660 + n: str(n) for n in range(10)}}


_is_foreign = by_shape(lambda shape: _CERTAIN.search(shape) is not None)
_has_foreign_letters = by_shape(lambda shape: any(letter > "\x7f" and letter.isalpha() for letter in shape))
_has_phrase = by_shape(lambda shape: _PHRASES.search(shape) is not None)


_CAMEL = re.compile(
    r"(?<![A-Za-z])(?:(?:train|val|valid|validation|test|dev|eval|best|min|max|avg|mean|average|cur|current|num|n|total"
    r"|epoch|step|global|learning|running)(?=[A-Z][a-z])|(?:loss|acc|accuracy|wer|cer)(?=(?:Train|Val|Test|Dev|Eval)))"
)
_has_camel = by_shape(lambda shape: _CAMEL.search(shape) is not None)


def in_english(line: str) -> str:
    """The line with its field terms in English: case, accents and forms of letters no longer count where it has any."""
    if _has_camel(line):
        line = _CAMEL.sub(r"\g<0>_", line)
    if line.isascii():
        lowered = line.lower()
    else:
        lowered = unicodedata.normalize("NFKC", line).translate(_MARKS_OF_ARABIC).lower()
        if _has_foreign_letters(lowered):
            lowered = _folded(lowered)
            lowered = _ORDINAL_SIGN.sub(lambda found: f" epoch {found[1] or found[2]} ", lowered)
            lowered = _SIGN.sub(lambda found: f" {_SIGNS[found[0]]} ", lowered)
    if _is_foreign(lowered):
        lowered = _LATIN.sub(lambda found: _WORDS[found[1]], lowered)
        lowered = _FILLERS.sub("", lowered)
    return _PHRASES.sub(_phrase, lowered) if _has_phrase(lowered) else lowered


def _phrase(found: re.Match[str]) -> str:
    return "cer" if found[1] else "lr" if found[2] else "ppl" if found[3] else "wer"
