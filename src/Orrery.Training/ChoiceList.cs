using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Every choice of one kind, in the order of their words. Those of a folder of this project are listed by the build, from the names of the files;
/// one that is defined elsewhere joins by <see cref="Register"/>.
/// </summary>
public sealed class ChoiceList<T>
    where T : Choice
{
    private ImmutableArray<T> all;

    /// <summary>The list of <paramref name="members"/>, in any order.</summary>
    public ChoiceList(IEnumerable<T> members) => all = Sorted(members);

    /// <summary>By word.</summary>
    public ImmutableArray<T> All => all;

    /// <summary>The words, in order.</summary>
    public string[] Words => [.. all.Select(static one => one.Name)];

    /// <summary>The choice of that word; null where there is none.</summary>
    public T? Find(string? word)
    {
        foreach (T one in all)
        {
            if (string.Equals(one.Name, word, StringComparison.OrdinalIgnoreCase))
                return one;
        }

        return null;
    }

    /// <summary>The same; throws where there is none.</summary>
    public T Get(string word) => Find(word) ?? throw new ArgumentOutOfRangeException(nameof(word), word, "no such choice" + EditDistance.Hint(word, Words));

    /// <summary>Adds a choice until what is returned is disposed of. Throws where the word is taken.</summary>
    public IDisposable Register(T choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        if (Find(choice.Name) is not null)
            throw new ArgumentException($"'{choice.Name}' is taken", nameof(choice));
        ImmutableInterlocked.Update(ref all, known => Sorted([.. known, choice]));
        return new Membership(this, choice);
    }

    private static ImmutableArray<T> Sorted(IEnumerable<T> members)
    {
        T[] list = [.. members];
        Array.Sort(list, static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        return ImmutableArray.Create(list);
    }

    private sealed class Membership(ChoiceList<T> list, T choice) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref list.all, known => known.Remove(choice));
    }
}
