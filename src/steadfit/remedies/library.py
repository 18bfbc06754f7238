"""The remedies that have names: functions from recipe to recipe, in one registry.

A remedy is a function whose first argument is the recipe and whose second, if it has one, is its
strength with the documented default. It is registered by its line in `REMEDIES`; the contract test
runs over all of them. One of your own is passed as it is: `remedies=["l2", my_remedy]`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from steadfit.models import complete
from steadfit.recipe import EarlyStopping, Recipe

RemedyFunction = Callable[..., Recipe]


def l1(recipe: Recipe, strength: float = 1e-4) -> Recipe:
    """strength * sum |w| in the loss; small weights become exactly zero."""
    return recipe.training_with(penalties={"l1": strength})


def l2(recipe: Recipe, strength: float = 1e-3) -> Recipe:
    """strength * sum w^2 in the loss."""
    return recipe.training_with(penalties={"l2": strength})


def weight_decay(recipe: Recipe, strength: float = 0.1) -> Recipe:
    """Decoupled decay: each step takes learning rate * strength of every weight away."""
    return recipe.training_with(optimizer={"weight_decay": strength})


def max_norm(recipe: Recipe, limit: float = 3.0) -> Recipe:
    """Scale each unit's incoming weights back to this length after each step that exceeds it."""
    return recipe.training_with(max_norm=limit)


def dropout(recipe: Recipe, share: float = 0.5) -> Recipe:
    """Switch off this share of the units, chosen anew for each example, while training."""
    return recipe.model_with(dropout=share)


def input_dropout(recipe: Recipe, share: float = 0.2) -> Recipe:
    """Set this share of the inputs to their mean, chosen anew for each example, while training."""
    return recipe.model_with(input_dropout=share)


def clip(recipe: Recipe, threshold: float = 1.0) -> Recipe:
    """Scale the gradient down where its global norm exceeds the threshold."""
    return recipe.training_with(clip=threshold)


def residual(recipe: Recipe) -> Recipe:
    """Add each block's input to its output."""
    return recipe.model_with(residual=True)


def batch_norm(recipe: Recipe) -> Recipe:
    """Normalise each layer over the batch before its activation."""
    return recipe.model_with(norm="batch")


def smaller(recipe: Recipe, factor: float = 0.5) -> Recipe:
    """Multiply the width of every hidden layer."""
    there_is = complete(recipe.model).settings.get("width", 1.0)
    assert isinstance(there_is, int | float)
    return recipe.model_with(width=there_is * factor)


def width(recipe: Recipe, factor: float = 2.0) -> Recipe:
    """Hidden layers of this many times the model's own units or channels, to compare widths."""
    return recipe.model_with(width=factor)


def early_stopping(recipe: Recipe, patience: int = 5) -> Recipe:
    """Hold out a fifth of the sample; stop after so many epochs without a better loss on it."""
    return recipe.training_with(early_stopping=EarlyStopping.of(patience=patience))


def augment(recipe: Recipe, strength: float = 1.0) -> Recipe:
    """Shift by up to 10% of the side, rotate by up to 10 degrees, add noise of 0.05; scaled."""
    changes = {"shift": 0.1 * strength, "rotation": 10.0 * strength, "noise": 0.05 * strength}
    return recipe.training_with(augmentation=changes)


def shift(recipe: Recipe, share: float = 0.1) -> Recipe:
    """Shift each image by up to this share of its side."""
    return recipe.training_with(augmentation={"shift": share})


def rotation(recipe: Recipe, degrees: float = 10.0) -> Recipe:
    """Rotate each image by up to this angle."""
    return recipe.training_with(augmentation={"rotation": degrees})


def noise(recipe: Recipe, deviation: float = 0.1) -> Recipe:
    """Add Gaussian noise, in standard deviations of the inputs."""
    return recipe.training_with(augmentation={"noise": deviation})


def flip(recipe: Recipe) -> Recipe:
    """Mirror half of the images, left to right; for things that have no handedness."""
    return recipe.training_with(augmentation={"flip": True})


def label_smoothing(recipe: Recipe, share: float = 0.1) -> Recipe:
    """Take this share of the label's probability and spread it over all classes."""
    return recipe.training_with(label_smoothing=share)


def class_weight(recipe: Recipe, strength: float = 1.0) -> Recipe:
    """Let rare classes count more in the loss; at strength 1 every class as much as any other."""
    return recipe.training_with(class_weight=strength)


def balanced_sampling(recipe: Recipe) -> Recipe:
    """Draw every class equally often into each batch, however rare it is."""
    return recipe.training_with(balanced_sampling=True)


def calibrate(recipe: Recipe, share: float = 0.2) -> Recipe:
    """Divide the logits by a temperature, fitted on this share of the sample, held out."""
    return recipe.training_with(calibrate=share)


def average(recipe: Recipe, epochs: int = 5) -> Recipe:
    """Average the weights over this many last epochs."""
    return recipe.training_with(average=epochs)


def cell(recipe: Recipe, name: str = "lstm") -> Recipe:
    """Use another cell of `steadfit.cells`."""
    return recipe.model_with(cell=name)


def bidirectional(recipe: Recipe) -> Recipe:
    """Read sequences from the end to the beginning too."""
    return recipe.model_with(bidirectional=True)


def recurrent_dropout(recipe: Recipe, share: float = 0.25) -> Recipe:
    """Keep this share of the state out of the recurrent products, one mask a sequence."""
    return recipe.model_with(recurrent_dropout=share)


def zoneout(recipe: Recipe, share: float = 0.1) -> Recipe:
    """Let this share of the units keep their old state at each step."""
    return recipe.model_with(zoneout=share)


def weight_drop(recipe: Recipe, share: float = 0.5) -> Recipe:
    """Set this share of the recurrent weights to zero, one mask a batch."""
    return recipe.model_with(weight_drop=share)


def embedding_dropout(recipe: Recipe, share: float = 0.1) -> Recipe:
    """Make this share of a text's tokens zero vectors wherever they stand, one mask a window."""
    return recipe.model_with(embedding_dropout=share)


def weight_tying(recipe: Recipe) -> Recipe:
    """Score the next token with the tokens' own vectors."""
    return recipe.model_with(tied=True)


def layer_norm(recipe: Recipe) -> Recipe:
    """Normalise what each recurrent layer gives, over its units."""
    return recipe.model_with(norm="layer")


def jitter(recipe: Recipe, deviation: float = 0.1) -> Recipe:
    """Add Gaussian noise to each step of a series, in standard deviations of its channel."""
    return noise(recipe, deviation)


def crop(recipe: Recipe, share: float = 0.2) -> Recipe:
    """Cut up to this share of a series, or of an image's area, away; enlarge what is left of it."""
    return recipe.training_with(augmentation={"crop": share})


def colour(recipe: Recipe, strength: float = 0.2) -> Recipe:
    """Change the brightness, contrast and saturation of each image by up to this much."""
    return recipe.training_with(augmentation={"colour": strength})


def mixup(recipe: Recipe, strength: float = 0.2) -> Recipe:
    """Mix each image and its label with another; shares from Beta(strength, strength)."""
    return recipe.training_with(augmentation={"mixup": strength})


def cutmix(recipe: Recipe, strength: float = 1.0) -> Recipe:
    """Learn from images with a box of another one in them, and from labels by area."""
    return recipe.training_with(augmentation={"cutmix": strength})


def randaugment(recipe: Recipe, magnitude: int = 9) -> Recipe:
    """Change each image by two of torchvision's operations, as strong as a magnitude of 0 to 30."""
    return recipe.training_with(augmentation={"randaugment": magnitude})


def word_dropout(recipe: Recipe, share: float = 0.1) -> Recipe:
    """Make this share of a text's tokens unknown."""
    return recipe.training_with(augmentation={"word_dropout": share})


def frozen(recipe: Recipe) -> Recipe:
    """Learn a head on a pretrained network's features, which stay as they are."""
    return recipe.model_with(learn="frozen")


def tuned(recipe: Recipe) -> Recipe:
    """Learn a head on a pretrained network's features, and then the whole network from there."""
    return recipe.model_with(learn="tuned")


def scratch(recipe: Recipe) -> Recipe:
    """Learn a pretrained network's weights anew, to see what they bring."""
    return recipe.model_with(learn="scratch")


REMEDIES: Mapping[str, RemedyFunction] = MappingProxyType(
    {
        remedy.__name__: remedy
        for remedy in (
            l1,
            l2,
            weight_decay,
            max_norm,
            dropout,
            input_dropout,
            clip,
            residual,
            batch_norm,
            smaller,
            width,
            early_stopping,
            augment,
            shift,
            rotation,
            noise,
            flip,
            label_smoothing,
            class_weight,
            balanced_sampling,
            calibrate,
            average,
            cell,
            bidirectional,
            recurrent_dropout,
            zoneout,
            weight_drop,
            embedding_dropout,
            weight_tying,
            layer_norm,
            jitter,
            crop,
            colour,
            mixup,
            cutmix,
            randaugment,
            word_dropout,
            frozen,
            tuned,
            scratch,
        )
    }
)
