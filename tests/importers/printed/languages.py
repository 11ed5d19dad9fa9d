# ruff: noqa: E501 — lines stand as the tools print them
"""Dates of all kinds, and the words of many languages."""

from tests.importers.printed.kept import keep as _log

_log(
    "decimal comma of three digits",
    """
Epoch 1: train loss 2,410 val loss 2,520
Epoch 2: train loss 1,970 val loss 2,210
""",
    epochs=2, first={"train_loss": 2.41, "val_loss": 2.52}, last={"train_loss": 1.97, "val_loss": 2.21},
)  # fmt: skip
_WORDS = {
    "German": "Epoche {e}/3 - Trainingsverlust: {t} - Validierungsverlust: {v} - Genauigkeit: {a}",
    "French": "Époque {e}/3 - perte d'entraînement : {t} - perte de validation : {v} - exactitude : {a}",
    "Spanish": "Época {e}/3 | pérdida de entrenamiento: {t} | pérdida de validación: {v} | exactitud: {a}",
    "Portuguese": "Época {e}/3 | perda de treino: {t} | perda de validação: {v} | acurácia: {a}",
    "Italian": "Epoca {e}/3 | perdita di addestramento: {t} | perdita di validazione: {v} | accuratezza: {a}",
    "Dutch": "Epoche {e}/3 | trainingsverlies: {t} | validatieverlies: {v} | nauwkeurigheid: {a}",
    "Russian": "Эпоха {e}/3 | потери на обучении: {t} | потери на валидации: {v} | точность: {a}",
    "Ukrainian": "Епоха {e}/3 | втрати навчання: {t} | втрати валідації: {v} | точність: {a}",
    "Polish": "Epoka {e}/3 | strata treningowa: {t} | strata walidacyjna: {v} | dokładność: {a}",
    "Turkish": "Dönem {e}/3 | eğitim kaybı: {t} | doğrulama kaybı: {v} | doğruluk: {a}",
    "Chinese": "第 {e} 轮 训练损失：{t}，验证损失：{v}，准确率：{a}",
    "Chinese, traditional": "第 {e} 輪 訓練損失：{t}，驗證損失：{v}，準確率：{a}",
    "Japanese": "エポック {e}/3 学習損失: {t} 検証損失: {v} 正解率: {a}",
    "Korean": "에포크 {e}/3 | 훈련 손실: {t} | 검증 손실: {v} | 정확도: {a}",
    "Vietnamese": "Epoch {e}/3 | mất mát huấn luyện: {t} | mất mát kiểm định: {v} | độ chính xác: {a}",
    "Arabic": "الحقبة {e}/3 | خسارة التدريب: {t} | خسارة التحقق: {v} | الدقة: {a}",
}
for _language, _form in _WORDS.items():
    _log(
        _language,
        "\n".join(_form.format(e=e, t=3 - e / 2, v=3.25 - e / 4, a=e / 10) for e in (1, 2, 3)),
        epochs=3, first={"train_loss": 2.5, "val_loss": 3.0}, last={"train_loss": 1.5, "val_loss": 2.5, "~accuracy": 0.3},
    )  # fmt: skip
_STAMPS = ("2026-03-14 08:01:10,123", "2026/03/14 08:01:10", "03/14/2026 08:01:10 AM", "14.03.2026 08:01", "[03/14 08:01]", "[ Fri Mar 13 23:50:00 2026 ]",
           "Mar 14 08:01:10 box train[211]:", "2026-03-14T08:01:10.123Z", "2026-03-14T08:01:10+01:00", "1773475200123", "1773475200.123", "08:01:10", "20260314_080110",
           "14-Mar-2026 08:01:10", "Saturday, March 14, 2026 08:01:10", "[2026-03-14 08:01:10,123 INFO]", "I0314 08:01:10.123456 1234 train.py:88]")  # fmt: skip
for _stamp in _STAMPS:
    _log(
        f"date {_stamp}",
        "\n".join(f"{_stamp} Epoch {e}/3 loss: {3 - e / 2} val_loss: {3.25 - e / 4}" for e in (1, 2, 3)),
        epochs=3, first={"epoch": 1, "train_loss": 2.5, "val_loss": 3.0}, last={"epoch": 3, "train_loss": 1.5, "val_loss": 2.5},
    )  # fmt: skip
_log(
    "a decimal comma before the comma of the sentence",
    """
Epoche 1 von 2 abgeschlossen (41,2 s): Trainingsverlust 2,4120, Validierungsverlust 2,5030, Genauigkeit 31,2 %
Epoche 2 von 2 abgeschlossen (41,2 s): Trainingsverlust 1,9540, Validierungsverlust 2,1020, Genauigkeit 40,1 %
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "~accuracy": 40.1},
)  # fmt: skip
_log(
    "Portuguese articles",
    """
Época 1/2 - Perda no treinamento: 2.412 - Perda na validação: 2.503 - Acurácia: 0.312
Época 2/2 - Perda no treinamento: 1.954 - Perda na validação: 2.102 - Acurácia: 0.401
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "val_loss": 2.102},
)  # fmt: skip
_log(
    "French and Dutch words that need no other beside them",
    """
Époque 1/2
  Perte d'entraînement : 2.70
  Perte de validation : 2.90
Époque 2 van 2
  Perte d'entraînement : 2.40
  Perte de validation : 2.60
""",
    epochs=2, first={"train_loss": 2.7, "val_loss": 2.9}, last={"train_loss": 2.4, "val_loss": 2.6}, no_metric=["van"],
)  # fmt: skip
_log(
    "Spanish in short words",
    """
Ép. 01/02 | pérdida ent. 2,412 | pérdida val. 2,503 | WER val. 91,4 % | 30,2 s
Ép. 02/02 | pérdida ent. 1,954 | pérdida val. 2,102 | WER val. 76,2 % | 30,2 s
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503, "val_wer": 0.914}, last={"train_loss": 1.954},
)  # fmt: skip
_log(
    "a decimal comma behind a bracket, and the best value on the line of the score",
    """
Epoka 1 z 2
  strata (trening): 2,4120
  strata (walidacja): 2,5030
  # psnr: 26,10\tBest: 26,10 @ 300 iter
Epoka 2 z 2
  strata (trening): 1,9540
  strata (walidacja): 2,1020
  # psnr: 26,50\tBest: 26,50 @ 600 iter
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "val_loss": 2.102, "~psnr": 26.5},
)  # fmt: skip
_ON_TEST = {
    "Russian": "Эпоха {e}/3, Ошибка на обучении: {t}, Ошибка на тесте: {v}, Точность на тесте: {p}%",
    "Ukrainian": "Епоха {e}/3, помилка на навчанні: {t}, помилка на тесті: {v}, точність на тесті: {p}%",
    "Polish": "Epoka {e}/3, strata na zbiorze treningowym: {t}, strata na zbiorze testowym: {v}, dokładność na zbiorze testowym: {p}%",
    "Dutch": "Epoche {e}/3, trainingsverlies: {t}, testverlies: {v}, testnauwkeurigheid: {p}%",
    "German": "Epoche {e}/3, Trainingsverlust: {t}, Testverlust: {v}, Testgenauigkeit: {p} %",
}
for _language, _form in _ON_TEST.items():
    _log(
        f"{_language}: the split stands behind the figure's name",
        "\n".join(_form.format(e=e, t=3 - e / 2, v=3.25 - e / 4, p=10 * e) for e in (1, 2, 3)),
        epochs=3, first={"train_loss": 2.5, "val_loss": 3.0}, last={"train_loss": 1.5, "val_loss": 2.5, "~test_accuracy": 30},
    )  # fmt: skip
_log(
    "Russian: on the sample",
    """
Эпоха 1 из 2: потери на обучающей выборке 0.4418, потери на тестовой выборке 0.1897
Эпоха 2 из 2: потери на обучающей выборке 0.1583, потери на тестовой выборке 0.1102
""",
    epochs=2, first={"train_loss": 0.4418, "val_loss": 0.1897}, last={"train_loss": 0.1583, "val_loss": 0.1102},
)  # fmt: skip
