"""`convnet` and `resnet` with 20 layers as users of other libraries write and train them.

Each contestant trains on images of shape (images, 1, 28, 28) with Adam at 1e-3, the batch size its
library has by default (32 for a plain loop, as PyTorch's users write most often), and gives the
classes it predicts for the test images.
"""

import os
from collections.abc import Callable, Iterator

os.environ["KERAS_BACKEND"] = "torch"  # before keras is imported

import keras
import numpy as np
import skorch
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.utils.data import DataLoader, TensorDataset

from study import plain_net

Images = tuple[Tensor, Tensor, Tensor]  # training images, their classes, test images
RATE, BLOCK = 1e-3, 500


class Block(nn.Module):
    """Two convolutions and the shortcut without weights (He et al. 2016, option A)."""

    def __init__(self, before: int, channels: int) -> None:
        super().__init__()
        self.stride, self.more = (1 if before == channels else 2), channels - before
        self.conv1 = nn.Conv2d(before, channels, 3, self.stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
        short = pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return torch.relu(y + short)


def stages() -> Iterator[tuple[int, int]]:
    """Channels before and in each of the nine blocks."""
    before = 16
    for channels in (16, 32, 64):
        for _ in range(3):
            yield before, channels
            before = channels


def resnet() -> nn.Module:
    """The 20 layers of He et al. 2016, section 4.2, for one channel."""
    first = [nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Block(*sizes) for sizes in stages()]
    net = nn.Sequential(*first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net


NETS: dict[str, Callable[[], nn.Module]] = {"convnet": plain_net, "resnet": resnet}


def train_epoch(net: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader) -> None:
    net.train()
    for x, y in loader:
        optimizer.zero_grad()
        cross_entropy(net(x), y).backward()
        optimizer.step()


def predict(net: nn.Module, x: Tensor) -> np.ndarray:
    net.eval()
    with torch.no_grad():
        return torch.cat([net(part).argmax(1) for part in x.split(BLOCK)]).numpy()


def plain(model: str, images: Images, epochs: int, seed: int) -> np.ndarray:
    """A loop at PyTorch's defaults: channels first, float32."""
    torch.manual_seed(seed)
    net = NETS[model]()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    loader = DataLoader(TensorDataset(*images[:2]), batch_size=32, shuffle=True)
    for _ in range(epochs):
        train_epoch(net, optimizer, loader)
    return predict(net, images[2])


def tuned(model: str, images: Images, epochs: int, seed: int) -> np.ndarray:
    """The same with channels last, a fused optimiser, batches gathered from memory, and bfloat16
    where the CPU multiplies it."""
    torch.manual_seed(seed)
    net = NETS[model]().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
    x, y, test = images
    x, test = (part.to(memory_format=torch.channels_last) for part in (x, test))
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, has_bfloat16()):
                logits = net(x[rows])
            cross_entropy(logits.float(), y[rows]).backward()
            optimizer.step()
    return predict(net, test)


def has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def keras_net(model: str) -> keras.Model:
    layers = keras.layers
    x = start = keras.Input((28, 28, 1))
    if model == "convnet":
        for channels in (20, 50):
            x = layers.Conv2D(channels, 5, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D(2)(x)
        x = layers.Dense(500, activation="relu")(layers.Flatten()(x))
        return keras.Model(start, layers.Dense(10)(x))
    x = layers.ReLU()(layers.BatchNormalization()(_keras_conv(16)(x)))
    for before, channels in stages():
        stride = 1 if before == channels else 2
        y = layers.BatchNormalization()(_keras_conv(channels, stride)(x))
        y = layers.BatchNormalization()(_keras_conv(channels)(layers.ReLU()(y)))
        short = x
        if stride == 2:
            short = keras.ops.pad(x[:, ::2, ::2], ((0, 0),) * 3 + ((0, channels - before),))
        x = layers.ReLU()(layers.Add()([y, short]))
    return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def _keras_conv(channels: int, stride: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        channels, 3, stride, "same", use_bias=False, kernel_initializer="he_normal"
    )


def with_keras(model: str, images: Images, epochs: int, seed: int) -> np.ndarray:
    """Keras 3 on torch, channels last as it has them by default."""
    keras.utils.set_random_seed(seed)
    x, y, test = (part.numpy() for part in images)
    net = keras_net(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(RATE), loss)
    net.fit(x.transpose(0, 2, 3, 1), y, epochs=epochs, verbose=0)
    return net.predict(test.transpose(0, 2, 3, 1), batch_size=BLOCK, verbose=0).argmax(1)


def with_skorch(model: str, images: Images, epochs: int, seed: int) -> np.ndarray:
    """skorch around the plain loop's net, without the validation it does by default."""
    torch.manual_seed(seed)
    net = skorch.NeuralNetClassifier(
        NETS[model],
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        max_epochs=epochs,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    net.fit(*images[:2])
    return net.predict(images[2])


RIVALS = {"plain loop": plain, "tuned loop": tuned, "keras": with_keras, "skorch": with_skorch}
