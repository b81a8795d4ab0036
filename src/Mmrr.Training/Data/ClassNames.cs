using System.Globalization;

namespace Mmrr.Training.Data;

/// <summary>Names of the ten classes of the labelled sets, by label.</summary>
internal static class ClassNames
{
    /// <summary>MNIST: the digits.</summary>
    public static IReadOnlyList<string> Digits { get; } = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    /// <summary>Fashion-MNIST.</summary>
    public static IReadOnlyList<string> Fashion { get; } =
        ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"];

    /// <summary>CIFAR-10.</summary>
    public static IReadOnlyList<string> Cifar10 { get; } =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>The names of a labelled set, by label; null for other layouts.</summary>
    /// <param name="kind">Of <see cref="DataSource.Kinds"/>.</param>
    public static IReadOnlyList<string>? Of(string kind) => kind switch
    {
        "mnist" => Digits,
        "fmnist" => Fashion,
        "cifar10" => Cifar10,
        _ => null,
    };

    /// <summary>The label that a text specifies: <c>0</c>..<c>9</c> or a class name in any case.</summary>
    /// <param name="names">Class names by label.</param>
    /// <param name="text">What the user wrote.</param>
    /// <param name="root">Data folder, for the message.</param>
    /// <exception cref="InvalidDataException">No such class.</exception>
    public static int Parse(IReadOnlyList<string> names, string text, string root)
    {
        for (int label = 0; label < names.Count; label++)
        {
            if (text == label.ToString(CultureInfo.InvariantCulture) || string.Equals(text, names[label], StringComparison.OrdinalIgnoreCase))
                return label;
        }

        string known = ReferenceEquals(names, Digits) ? "0..9" : $"0..9 or one of {string.Join(", ", names)}";
        throw new InvalidDataException($"{root}: no normal class '{text}'; expected {known}");
    }
}
