// The compiled half of Boost.Asio (with BOOST_ASIO_SEPARATE_COMPILATION the headers hold declarations only).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
