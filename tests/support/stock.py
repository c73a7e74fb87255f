"""The samplers of imbalanced-learn under the names that the registry gives them."""

from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SVMSMOTE,
    BorderlineSMOTE,
    KMeansSMOTE,
    RandomOverSampler,
)
from imblearn.under_sampling import (
    AllKNN,
    ClusterCentroids,
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    NearMiss,
    NeighbourhoodCleaningRule,
    OneSidedSelection,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    TomekLinks,
)


def without_chance(kind):
    """A stock sampler that takes no `random_state`, since it draws nothing."""

    def made(random_state):
        return kind()

    return made


STOCK = {
    "random-over": RandomOverSampler,
    "smote": SMOTE,
    "borderline-smote": BorderlineSMOTE,
    "kmeans-smote": KMeansSMOTE,
    "svm-smote": SVMSMOTE,
    "adasyn": ADASYN,
    "random-under": RandomUnderSampler,
    "cluster-centroids": ClusterCentroids,
    "condensed": CondensedNearestNeighbour,
    "instance-hardness": InstanceHardnessThreshold,
    "near-miss": without_chance(NearMiss),
    "one-sided-selection": OneSidedSelection,
    "smote-enn": SMOTEENN,
    "smote-tomek": SMOTETomek,
    "enn": without_chance(EditedNearestNeighbours),
    "repeated-enn": without_chance(RepeatedEditedNearestNeighbours),
    "all-knn": without_chance(AllKNN),
    "tomek-links": without_chance(TomekLinks),
    "neighbourhood-cleaning": without_chance(NeighbourhoodCleaningRule),
}
