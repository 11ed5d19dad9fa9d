"""A line's foreign field terms in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.languages import ENGLISH, in_english


@pytest.mark.parametrize(
    "line",
    ["", "epoch 3 loss 2.1", "media 3 loss 2.1", "strata 3", "data from von 2", "la loss de val", "2.1 % → 3.0"],
)
def test_an_english_line_stays_also_with_words_that_another_language_has(line):
    assert in_english(line) == line


@pytest.mark.parametrize("line", ["Train Loss 2.1", "CAFÉ loss 2.1"])
def test_capitals_do_not_count(line):
    assert in_english(line) in ("train loss 2.1", "cafe loss 2.1")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Epoche 3 von 9, Trainingsverlust: 2.1", "epoch 3 of 9, train loss: 2.1"),
        ("Époque 3 : perte d'entraînement 2,1", "epoch 3 : loss train 2,1"),
        ("Pérdida de validación 2.1", "loss val 2.1"),
        ("Época 3 perda no treino 2.1", "epoch 3 loss train 2.1"),
        ("perdita media 2.1", "loss mean 2.1"),
        ("Tijdperk 3 van 9 verlies 2.1", "epoch 3 of 9 loss 2.1"),
        ("Epoka 3 strata na zbiorze walidacyjnym 2.1", "epoch 3 loss val 2.1"),
        ("Dönem 3 kayıp 0.5", "epoch 3 loss 0.5"),
        ("öğrenme oranı 3", "lr 3"),
        ("Kỷ nguyên 3 tổn thất 2.1", "epoch 3 loss 2.1"),
        ("ЭПОХА 3 из 9: потери на обучении 2.1", "epoch 3 of 9: loss train 2.1"),
        ("Епоха 3 втрати 2.1", "epoch 3 loss 2.1"),
        ("第 3 轮 训练损失: 2.1", "epoch 3 train loss : 2.1"),
        ("第3/9轮", "epoch 3/9"),
        ("３エポック目 検証損失 ２.１", "epoch 3 val loss 2.1"),
        ("에포크 3 검증 손실 2.1", "epoch 3 val loss 2.1"),
        ("الحقبة ٣ من ٩ خسارة ٢٫١", "epoch 3 of 9 loss 2.1"),
    ],
)
def test_a_line_of_each_language_is_read(line, words):
    assert in_english(line).split() == words.split()


def test_a_word_within_another_is_none():
    assert in_english("verlustig 3, hauptverlust 2 schritt") == "verlustig 3, hauptverlust 2 step"
    assert in_english("schrittweise 3 epochen") == "schrittweise 3 epochs"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("valLoss 2 trainAcc 3 accTest 4", "val_loss 2 train_acc 3 acc_test 4"),
        ("Word Error Rate 3", "wer 3"),
        ("character_error_rate 3", "cer 3"),
        ("letter error rate 3", "cer 3"),
        ("Learning Rate 3 perplexity 4", "lr 3 ppl 4"),
    ],
)
def test_joined_words_and_phrases_of_the_field_have_one_name(line, words):
    assert in_english(line) == words


def test_every_word_of_every_language_means_one_thing_within_it():
    for language, words in ENGLISH.items():
        assert all(word == word.strip() and word for word in words), language
    assert in_english("步骤 3").split() == ["step", "3"], "the longest word wins over the words in it"
    assert in_english("функция потерь 3 loss").split() == ["loss", "3", "loss"]


@given(st.text())
def test_any_text_is_read_without_an_error_and_reading_it_again_changes_nothing_of_ascii(text):
    in_english(text)
    ascii_only = text.encode("ascii", "ignore").decode()
    assert in_english(in_english(ascii_only)) == in_english(ascii_only)
