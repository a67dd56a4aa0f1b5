namespace Orrery.Fabric;

/// <summary>
/// A binary tree over numbered members in which odd numbers are leaves and member 0 stands above the root. A second tree, the first moved on by one, has for its leaves the inner
/// members of the first.
/// </summary>
internal static class BinaryTree
{
    /// <summary>The parent of a member other than 0: the nearest number with one more factor of two.</summary>
    public static int Parent(int member, int members)
    {
        int low = member & -member;
        int parent = (member ^ low) | (low << 1);
        return parent >= members ? member ^ low : parent;
    }
}
